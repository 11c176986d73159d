/* The model in the page: a reader types a beginning, and a model of the book goes on.

   A page asks for it by one block of HTML, whose paragraph is shown where no script runs:

     <div class="talk" data-model="base" data-prompt="One windy morning, Mara">
     <p>On the published page, the model answers here.</p></div>

   data-model    which model answers: base, chat, dpo or grpo
   data-compare  several instead, side by side: "base chat dpo grpo"
   data-prompt   what stands in the text field at first
   data-chat     (no value) the text is a message: a model that knows the tokens of the
                 chat gets it between them, after what was said before, as far as it fits;
                 another goes on from it as from any text
   data-examples "one|two|three": messages that a press sends; a chat has three of its own
   data-temperature, data-seed, data-tokens    at first 0.7, 1, and 150 tokens a press

   Nothing else is loaded until the reader asks: then the other scripts of this folder, and
   weights/NAME.js, which hands over a model's file in base64 by BlockByBlock.receive. Both
   come as scripts, because a page opened from a file may not fetch. The build
   (book/_theme/blocks_talk.py) tells in this script's own attributes which models it has. */

(function (book) {
  "use strict";

  const own = document.currentScript,
    here = new URL(".", own.src);
  const ROOMS = ["tokenizer", "weights", "forward", "sample", "writer", "view", "look", "run"];
  const CHAPTERS = new Map(
    (own.dataset.chapters ?? "")
      .split(" ")
      .filter(Boolean)
      .map((told) => told.split(":")),
  );
  const EXAMPLES = [
    "Ada had a bell. Ada lent it to Finn. Finn lent it to Rosa. Who has the bell now?",
    "What is 7 + 5?",
    "Tell me a tale about Mara.",
  ];
  const CHOOSE = { all: {}, "top-k": { topK: 3 }, "top-p": { topP: 0.9 } };
  const built = new Map(
    (own.dataset.models ?? "")
      .split(" ")
      .filter(Boolean)
      .map((told) => {
        const [name, bytes, version] = told.split(":");
        return [name, { bytes: Number(bytes), version }];
      }),
  );
  const known = (name) => own.dataset.models === undefined || built.has(name);

  // --- loading ---------------------------------------------------------------------------

  const received = new Map(),
    loaded = new Map();
  book.receive = (name, text) => received.set(name, text);

  /** Load a script of this folder; an Error says when it cannot be had. */
  function script(path, version) {
    return new Promise((done, failed) => {
      const element = document.createElement("script");
      element.src = new URL(path + (version ? `?v=${version}` : ""), here).href;
      element.onload = () => {
        element.remove();
        done();
      };
      element.onerror = () => {
        element.remove();
        failed(new Error(`${path} could not be loaded. Reload the page, or build the site again.`));
      };
      document.head.append(element);
    });
  }

  /** Do a thing once per name; what failed may be tried again. */
  function once(name, work) {
    if (!loaded.has(name))
      loaded.set(
        name,
        work().catch((error) => {
          loaded.delete(name);
          throw error;
        }),
      );
    return loaded.get(name);
  }

  const rooms = () =>
    once("rooms", async () => {
      for (const room of ROOMS) await script(`${room}.js`, own.dataset.version);
    });

  /** The book's model of that name, parsed. */
  const fetchModel = (name) =>
    once(`model ${name}`, async () => {
      await rooms();
      await script(`weights/${name}.js`, built.get(name)?.version);
      const buffer = book.weights.fromBase64(received.get(name) ?? "");
      received.delete(name);
      return book.weights.parse(buffer);
    });

  const missing = (name) =>
    `The model “${name}” is not in this build of the book` +
    (CHAPTERS.has(name) ? `; chapter ${CHAPTERS.get(name)} makes it.` : ".");

  // --- small things ----------------------------------------------------------------------

  /** An element with attributes and children; texts stay texts. */
  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== null && value !== false)
        element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children);
    return element;
  }
  book.make = make;

  const breathe = (book.breathe = () => new Promise((done) => setTimeout(done, 0)));
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
  let talks = 0;

  // --- one block -------------------------------------------------------------------------

  class Talk {
    constructor(block) {
      this.block = block;
      this.asked = (block.dataset.compare ?? block.dataset.model ?? "base")
        .split(/\s+/)
        .filter(Boolean);
      this.chat = block.dataset.chat !== undefined;
      this.verb = this.chat ? "Send" : "Go on";
      this.most = Number(block.dataset.tokens) || 150;
      this.id = `talk${++talks}`;
      this.own = null; // a model of the reader's
      this.busy = this.stopped = false;
      this.build();
      this.reset();
    }

    // What it looks like

    build() {
      const { id, block } = this,
        data = block.dataset;
      const field = (name, label, input, ...more) => {
        input.id = `${id}-${name}`;
        return make(
          "div",
          { class: "talk-field" },
          make("label", { for: input.id }, label),
          input,
          ...more,
        );
      };
      const button = (label, kind, act) => {
        const made = make(
          "button",
          { type: kind === "go" ? "submit" : "button", class: `talk-button talk-${kind}` },
          label,
        );
        if (act) made.addEventListener("click", act);
        return made;
      };
      this.text = make("textarea", {
        rows: 3,
        spellcheck: "false",
        autocomplete: "off",
        "aria-describedby": `${id}-keys`,
      });
      this.text.value = data.prompt ?? "";
      this.temperature = make("input", {
        type: "range",
        min: 0,
        max: 2,
        step: 0.1,
        value: data.temperature ?? 0.7,
      });
      this.degrees = make("output", { for: `${id}-temperature`, class: "talk-degrees" });
      this.seed = make("input", {
        type: "number",
        min: 0,
        max: 999999,
        step: 1,
        value: data.seed ?? 1,
        inputmode: "numeric",
      });
      this.choose = make(
        "select",
        {},
        make("option", { value: "all" }, "all tokens"),
        make("option", { value: "top-k" }, "the 3 likeliest (top-k)"),
        make("option", { value: "top-p" }, "the likeliest 90 % (top-p)"),
      );
      this.go = button(this.verb, "go");
      this.stop = button("Stop", "stop", () => {
        this.stopped = true;
      });
      this.again = button("Start again", "again", () => this.startAgain());
      this.status = make("p", { class: "talk-status", role: "status" });
      this.spoken = make("div", { class: "talk-hidden", "aria-live": "polite" });
      this.answers = make("div", { class: "talk-answers" });
      this.panel = make("div", { class: "talk-panel", hidden: true });
      this.form = make(
        "form",
        { class: "talk-form" },
        field("text", this.chat ? "Your message" : "Your beginning", this.text),
        make(
          "p",
          { class: "talk-keys", id: `${id}-keys` },
          `Enter ${this.chat ? "sends" : "asks"}; Shift and Enter begin a new line.`,
        ),
        ...this.buildExamples(button),
        make(
          "div",
          { class: "talk-row" },
          make("div", { class: "talk-buttons" }, this.go, this.stop, this.again),
          make(
            "div",
            { class: "talk-settings" },
            field("temperature", "Temperature", this.temperature, this.degrees),
            field("choose", "Draw from", this.choose),
            field("seed", "Seed", this.seed),
          ),
        ),
      );
      block.replaceChildren(
        this.form,
        this.status,
        this.answers,
        this.panel,
        this.buildOwn(),
        this.spoken,
      );
      block.setAttribute("role", "group");
      block.setAttribute("aria-label", "Talk to the model");
      block.classList.add("talk-ready");
      this.listen();
    }

    /** Messages to begin with, a button each; none where the page names none. */
    buildExamples(button) {
      const told = this.block.dataset.examples?.split("|") ?? (this.chat ? EXAMPLES : []);
      if (!told.length) return [];
      const buttons = told.map((text) =>
        button(text, "example", () => {
          if (this.busy) return;
          this.text.value = text;
          this.run();
        }),
      );
      const label = { class: "talk-examples", role: "group", "aria-label": "Examples" };
      return [make("div", label, ...buttons)];
    }

    /** The corner where readers bring a model of their own. */
    buildOwn() {
      const file = make("input", { type: "file", accept: ".safetensors", id: `${this.id}-file` });
      file.addEventListener("change", () => {
        if (file.files[0]) this.bring(file.files[0]);
      });
      this.back = make(
        "button",
        { type: "button", class: "talk-button", hidden: true },
        "Back to the book’s model",
      );
      this.back.addEventListener("click", () => {
        this.own = null;
        file.value = "";
        this.reset();
      });
      return make(
        "details",
        { class: "talk-own" },
        make("summary", {}, "A model of your own"),
        make(
          "p",
          {},
          make(
            "label",
            { for: file.id },
            "Choose a file that ends in .safetensors, or drop it anywhere on this box.",
          ),
          " It must be one that checkpoint.save has written. It stays on your computer.",
        ),
        make("p", {}, file, this.back),
      );
    }

    listen() {
      const heat = () => {
        this.degrees.textContent = this.heat ? this.heat.toFixed(1) : "0: always the likeliest";
        this.look?.refresh();
      };
      this.temperature.addEventListener("input", heat);
      this.choose.addEventListener("change", heat);
      heat();
      this.form.addEventListener("submit", (event) => {
        event.preventDefault();
        this.run();
      });
      this.text.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
          event.preventDefault();
          this.run();
        }
      });
      const over = (event) => {
        if (![...event.dataTransfer.types].includes("Files")) return;
        event.preventDefault();
        this.block.classList.toggle("talk-over", event.type === "dragover");
        if (event.type === "drop" && event.dataTransfer.files[0])
          this.bring(event.dataTransfer.files[0]);
      };
      for (const kind of ["dragover", "dragleave", "drop"]) this.block.addEventListener(kind, over);
    }

    // What it knows

    get heat() {
      return Number(this.temperature.value);
    }
    get settings() {
      return { temperature: this.heat, ...CHOOSE[this.choose.value] };
    }
    get names() {
      return this.own ? (this.asked.length > 1 ? [...this.asked, "yours"] : ["yours"]) : this.asked;
    }

    /** The sentence under the buttons; `wrong` marks it as a fault. */
    say(sentence, wrong = false) {
      this.status.textContent = sentence;
      this.status.classList.toggle("talk-wrong", wrong);
    }

    /** Forget the answers; one column per model. */
    reset() {
      this.stopped = true;
      this.columns = this.names.map((name) => ({
        name,
        writer: null,
        view: null,
        before: [], // the turns of its conversation, [said, answered]
        place: make("div", { class: "talk-column" }),
      }));
      const several = this.columns.length > 1;
      this.block.classList.toggle("talk-several", several);
      for (const column of this.columns) {
        const there = column.name === "yours" || known(column.name);
        if (several) column.place.append(make("p", { class: "talk-name" }, column.name));
        if (!there) column.place.append(make("p", { class: "talk-missing" }, missing(column.name)));
        column.there = there;
      }
      this.answers.replaceChildren(...this.columns.map(({ place }) => place));
      this.panel.replaceChildren();
      this.panel.hidden = true;
      this.look = this.begun = this.message = null;
      this.back.hidden = !this.own;
      this.setBusy(false);
      const bytes = this.columns.reduce(
        (sum, { name }) => sum + (loaded.has(`model ${name}`) ? 0 : (built.get(name)?.bytes ?? 0)),
        0,
      );
      const what = several ? "the models" : "the model";
      const privately = "The answer is made on your computer; nothing that you type is sent.";
      if (!this.columns.some(({ there }) => there))
        this.say("There is no model to ask here yet; you can bring one of your own.");
      else if (bytes) this.say(`“${this.verb}” loads ${what} once, ${megabytes(bytes)}. ${privately}`);
      else this.say(privately);
    }

    setBusy(busy) {
      this.busy = busy;
      this.block.setAttribute("aria-busy", String(busy));
      this.go.setAttribute("aria-disabled", String(busy));
      this.again.setAttribute("aria-disabled", String(busy));
      this.stop.setAttribute("aria-disabled", String(!busy));
    }

    // What it does

    raiseSeed() {
      this.seed.value = (Number(this.seed.value) || 0) + 1;
    }

    startAgain() {
      if (this.busy) return;
      this.raiseSeed();
      this.reset();
      this.say(
        `Cleared. The seed is now ${this.seed.value}, so that the next answer is another one.`,
      );
    }

    /** Take a model from the reader's file. */
    async bring(file) {
      this.stopped = true;
      try {
        this.say(`Reading ${file.name} …`);
        await rooms();
        const model = book.weights.parse(await file.arrayBuffer());
        new book.tokenizer.Tokenizer(model.merges, model.specialTokens); // or throws
        while (this.busy) await breathe();
        this.own = model;
        this.reset();
        const size = model.parameters.toLocaleString("en");
        const seen = `${model.config.context} tokens`;
        this.say(`${file.name} is ready: ${size} parameters, a window of ${seen}.`);
      } catch (error) {
        this.say(error.message, true);
      }
    }

    /** Load what is needed and let every column begin, or go on where it was. */
    async run() {
      if (this.busy) return;
      const columns = this.columns; // others, once they are cleared
      const there = columns.filter((column) => column.there);
      this.stopped = false;
      this.setBusy(true);
      try {
        if (!there.length) throw new Error(columns.map(({ name }) => missing(name)).join(" "));
        this.say("Loading the model …");
        await rooms();
        const models = await Promise.all(
          there.map(({ name }) => (name === "yours" ? this.own : fetchModel(name))),
        );
        if (this.columns === columns) await book.run.go(this, there, models);
      } catch (error) {
        if (this.columns === columns) this.say(error.message, true);
      }
      if (this.columns === columns) this.setBusy(false);
    }
  }

  const start = () => {
    for (const block of document.querySelectorAll("div.talk:not(.talk-ready)"))
      block.talk = new Talk(block);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})((globalThis.BlockByBlock ||= {}));
