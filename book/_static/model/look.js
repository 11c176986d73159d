/* What the chosen token tells: the bets on the next one, and where it looked back.

   A Look belongs to one block of the page, and has a View for each column. Its panel tells
   about the chosen token of the column that was touched last. Loaded by page.js. */

(function (book) {
  "use strict";

  const BETS = 10,
    PLACES = 5;
  const {
    make,
    view: { LEVELS, View, visible },
  } = book;
  let looks = 0;

  /** Shares as people write them. */
  function percent(share) {
    if (share >= 0.9995) return share === 1 ? "100 %" : "> 99.9 %";
    if (share < 0.0005) return share === 0 ? "0 %" : "< 0.1 %";
    return `${(100 * share).toFixed(share < 0.0995 || share > 0.9905 ? 1 : 0)} %`;
  }

  /** The same inside a sentence. */
  const percentInWords = (share) => percent(share).replace("> ", "over ").replace("< ", "under ");

  /** A list of rows with bars: { label, share, mark, note }. */
  function bars(list, rows) {
    while (list.children.length > rows.length) list.lastChild.remove();
    rows.forEach(({ label, share, mark, came }, i) => {
      let row = list.children[i];
      if (!row) {
        row = make(
          "li",
          {},
          make("span", { class: "talk-label" }),
          make("span", { class: "talk-bar", "aria-hidden": "true" }, make("i"), make("b")),
          make("span", { class: "talk-share" }),
        );
        list.append(row);
      }
      const [name, bar, text] = row.children;
      name.textContent = label;
      bar.firstChild.style.width = `${100 * share}%`;
      bar.lastChild.style.left = `${100 * (mark ?? 0)}%`;
      bar.lastChild.hidden = mark === undefined || Math.abs(mark - share) < 0.002;
      text.textContent = percent(share) + (came ? ", came" : "");
      row.classList.toggle("talk-came", Boolean(came));
    });
  }

  class Look {
    constructor(talk) {
      Object.assign(this, { talk, views: [], view: null, mode: "cost", id: `look${++looks}` });
      this.build();
    }

    /** A View for a column. */
    add(column) {
      const view = new View(this, column, `${this.id}-text${this.views.length}`);
      this.views.push(view);
      return view;
    }

    build() {
      const { id } = this;
      const group = (name, title, ...inside) =>
        make(
          "div",
          { class: "talk-group", role: "group", "aria-labelledby": `${id}-${name}` },
          make("p", { class: "talk-title", id: `${id}-${name}` }, title),
          ...inside,
        );
      const radio = (value, label) => {
        const input = make("input", {
          type: "radio",
          name: `${id}-mode`,
          value,
          id: `${id}-${value}`,
        });
        input.checked = value === this.mode;
        input.addEventListener("change", () => {
          this.mode = value;
          this.refresh();
        });
        return make(
          "span",
          { class: "talk-radio" },
          input,
          make("label", { for: input.id }, label),
        );
      };
      const select = (name, label) => {
        const input = make("select", { id: `${id}-${name}` });
        input.addEventListener("change", () => this.refresh());
        return [input, make("label", { for: input.id }, label)];
      };
      const [layer, layerLabel] = select("layer", "Layer"),
        [head, headLabel] = select("head", "Head");
      Object.assign(this, { layer, head });
      this.legend = make(
        "ul",
        { class: "talk-legend", "aria-label": "What a token cost, in nats" },
        make("li", {}, "In nats:"),
        ...LEVELS.map(([, words], i) =>
          make(
            "li",
            {},
            make(
              "span",
              { class: "talk-token", "data-cost": i, "aria-hidden": "true" },
              make("span", { class: "talk-ink" }, "abc"),
            ),
            words,
          ),
        ),
      );
      this.seen = make("p", { class: "talk-legend talk-seen" });
      this.after = make("p", { class: "talk-lead" });
      this.next = make("ol", { class: "talk-bars talk-next" });
      this.note = make("p", { class: "talk-note" });
      this.from = make("p", { class: "talk-lead" });
      this.back = make("ol", { class: "talk-bars talk-back" });
      this.element = make(
        "div",
        { class: "talk-look" },
        make(
          "div",
          { class: "talk-modes", role: "radiogroup", "aria-label": "Colour the text by" },
          make("span", { class: "talk-modes-label", "aria-hidden": "true" }, "Colour the text by"),
          radio("cost", "what each token cost"),
          radio("looks", "where the chosen token looks"),
        ),
        this.legend,
        this.seen,
        make(
          "div",
          { class: "talk-groups" },
          group("next", "What may come next", this.after, this.next, this.note),
          group(
            "back",
            "Where it looks back",
            make("p", { class: "talk-selects" }, layerLabel, layer, headLabel, head),
            this.from,
            this.back,
          ),
        ),
      );
    }

    /** The attention of the chosen token; head -1 is the mean of all heads. */
    weights(view) {
      const { writer } = view.column,
        layer = Number(this.layer.value),
        head = Number(this.head.value);
      if (head >= 0) return writer.attention(view.chosen, layer, head);
      const heads = writer.model.config.heads,
        all = Array.from({ length: heads }, (_, h) => writer.attention(view.chosen, layer, h));
      return all[0].map((_, i) => all.reduce((sum, one) => sum + one[i], 0) / heads);
    }

    /** Layers and heads to choose from; kept where the model has them. */
    offer(config) {
      const fill = (select, options) => {
        const key = options.map(([value]) => value).join();
        if (select.dataset.key === key) return;
        const kept = select.value;
        select.replaceChildren(...options.map(([value, text]) => make("option", { value }, text)));
        select.dataset.key = key;
        select.value = options.some(([value]) => String(value) === kept) ? kept : options.at(0)[0];
      };
      const count = (n) => Array.from({ length: n }, (_, i) => [i, String(i + 1)]);
      if (!this.layer.options.length) {
        fill(this.layer, count(config.layers));
        this.layer.value = config.layers - 1;
      } else fill(this.layer, count(config.layers));
      fill(this.head, [[-1, "all, their mean"], ...count(config.heads)]);
    }

    /** Tell about the chosen token, and colour the texts. */
    refresh() {
      const { view } = this;
      if (!view || view.chosen < 0) return;
      const { writer, name } = view.column,
        at = view.chosen,
        { tok } = writer;
      this.offer(writer.model.config);
      const shown = (id) => visible(tok.show(id)),
        cost = writer.costs[at];
      const whose = this.views.length > 1 ? ` (${name})` : "";
      const price =
        cost === null
          ? ""
          : `, which cost ${cost.toFixed(2)} nats (a bet of ${percentInWords(Math.exp(-cost))}),`;
      const say = (place, before, after) =>
        place.replaceChildren(before, make("code", {}, shown(writer.ids[at])), after);
      say(this.after, "After ", `${price} it bets${whose}:`);
      const came = writer.ids[at + 1],
        settings = this.talk.settings;
      bars(
        this.next,
        writer
          .bets(at, BETS, settings, came)
          .map(({ id, share, own }) => ({ label: shown(id), share, mark: own, came: id === came })),
      );
      const asItIs = settings.temperature === 1 && !("topK" in settings) && !("topP" in settings);
      this.note.textContent = asItIs
        ? ""
        : "The bars are what is drawn from at your settings. " +
          "The thin line is the model’s own bet, at temperature 1.";
      this.refreshLooks(view, say);
      this.legend.hidden = this.mode !== "cost";
      this.seen.hidden = this.mode !== "looks";
      for (const one of this.views)
        if (this.mode === "looks" || one.list.dataset.mode !== this.mode) one.repaint();
      for (const one of this.views) one.list.dataset.mode = this.mode;
    }

    refreshLooks(view, say) {
      const { writer } = view.column,
        weights = this.weights(view);
      const places = book.sample.largest(weights, PLACES);
      say(this.from, "To go on from ", ` it reads the tokens up to there, most of all these:`);
      bars(
        this.back,
        places.map((i) => ({
          label: `${visible(writer.tok.show(writer.ids[i]))}${i === view.chosen ? " (itself)" : ""}`,
          share: weights[i],
        })),
      );
      this.seen.textContent =
        "The stronger its blue, the more the chosen token looks at it. " +
        "Click another token, or use the arrow keys.";
    }
  }

  book.look = { Look };
})((globalThis.BlockByBlock ||= {}));
