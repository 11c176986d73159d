/* One column's text as a list of tokens: coloured by cost, or by the look of the chosen one.

   A token is chosen by a click or by the arrow keys; look.js then tells about it. Loaded
   by page.js. */

(function (book) {
  "use strict";

  const LEVELS = [
    // nats, and in words; ln 2, ln 10, ln 100 are the borders
    [0.1, "under 0.1: it knew"],
    [Math.log(2), "to 0.7: likelier than not"],
    [Math.log(10), "to 2.3: one of a few"],
    [Math.log(100), "to 4.6: unlikely"],
    [Infinity, "more: a surprise"],
  ];
  const levelOf = (cost) => LEVELS.findIndex(([most]) => cost < most);
  const { make } = book;

  /** A token so that nothing hides, as in the book's other pictures. */
  const visible = (text) => text.replaceAll(" ", "·").replaceAll("\n", "↵").replaceAll("\t", "⇥");

  /** One column's text. */
  class View {
    constructor(look, column, id) {
      Object.assign(this, { look, column, id, chosen: -1, follows: true });
      const name = column.name === "yours" ? "your model" : column.name;
      this.list = make("div", {
        class: "talk-text",
        id,
        role: "listbox",
        tabindex: 0,
        "aria-orientation": "horizontal",
        "aria-label": `Text by ${name}, token by token. Arrow keys choose a token.`,
      });
      this.list.addEventListener("click", ({ target }) => {
        const at = [...this.list.children].indexOf(target.closest("[role=option]"));
        if (at >= 0) this.choose(at, true);
      });
      this.list.addEventListener("keydown", (event) => this.key(event));
    }

    /** Show the tokens that are new; the last is the chosen one until a reader chooses. */
    update() {
      const { writer } = this.column;
      for (let i = this.list.children.length; i < writer.ids.length; i++)
        this.list.append(this.token(i));
      if (this.follows)
        this.choose(writer.ids.length - (writer.ended ? 2 : 1)); // what led to the end
      else this.look.refresh();
    }

    token(i) {
      const { writer } = this.column,
        id = writer.ids[i],
        cost = writer.costs[i],
        special = writer.tok.isSpecial(id);
      const text = writer.tok.show(id),
        turn = i > 1 && text === "<|user|>", // each further turn begins a line
        space = text.length > 1 && text[0] === " " ? " " : "";
      const classes = [
        "talk-token",
        i < writer.given ? "talk-given" : "",
        special ? "talk-special" : "",
        turn ? "talk-turn" : "",
      ]
        .filter(Boolean)
        .join(" ");
      const told = cost === null ? "the beginning" : `cost ${cost.toFixed(2)} nats`;
      const element = make(
        "span",
        {
          class: classes,
          role: "option",
          id: `${this.id}-${i}`,
          "aria-selected": "false",
          "aria-label": `${text.trim() || visible(text)}, ${told}`,
        },
        space,
        make("span", { class: "talk-ink" }, text.slice(space.length).replaceAll("\n", "↵\n")),
      );
      this.tint(element, i);
      return element;
    }

    /** Colour one token: by its cost, or by how much the chosen token looks at it. */
    tint(element, i, looked = 0) {
      const cost = this.column.writer.costs[i];
      element.dataset.cost = this.look.mode === "cost" && cost !== null ? levelOf(cost) : "";
      element.style.setProperty("--looked", Math.sqrt(looked).toFixed(3));
    }

    repaint() {
      const chosen = this.look.mode === "looks" && this.look.view === this;
      const weights = chosen ? this.look.weights(this) : [];
      [...this.list.children].forEach((element, i) => this.tint(element, i, weights[i]));
    }

    choose(at, byReader = false) {
      const all = this.list.children;
      if (!all.length) return;
      at = Math.max(0, Math.min(all.length - 1, at));
      all[this.chosen]?.setAttribute("aria-selected", "false");
      this.chosen = at;
      if (byReader) this.follows = false;
      all[at].setAttribute("aria-selected", "true");
      this.list.setAttribute("aria-activedescendant", all[at].id);
      if (byReader || !this.look.view) this.look.view = this;
      this.look.refresh();
    }

    key(event) {
      const last = this.list.children.length - 1,
        at = this.chosen;
      const goals = {
        ArrowRight: at + 1,
        ArrowLeft: at - 1,
        Home: 0,
        End: last,
        ArrowDown: this.line(1),
        ArrowUp: this.line(-1),
      };
      if (!(event.key in goals) || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      this.choose(goals[event.key], true);
      this.list.children[this.chosen].scrollIntoView({ block: "nearest" });
    }

    /** The token above or below the chosen one. */
    line(step) {
      const box = (element) => element.getClientRects()[0] ?? element.getBoundingClientRect();
      const all = [...this.list.children],
        now = box(all[this.chosen]);
      const beyond = all
        .map(box)
        .map((b, i) => ({ i, away: (b.top - now.top) * step, aside: Math.abs(b.left - now.left) }))
        .filter(({ away }) => away > now.height / 2);
      beyond.sort((a, b) => Math.round((a.away - b.away) / 8) || a.aside - b.aside);
      return beyond[0]?.i ?? this.chosen;
    }
  }

  book.view = { LEVELS, View, visible };
})((globalThis.BlockByBlock ||= {}));
