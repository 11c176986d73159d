/* A text that a model reads and goes on with: its tokens, what each cost, what was bet.

   const writer = new BlockByBlock.writer.Writer(model, seed);   // model from weights.parse
   writer.begin("One windy morning, Mara");   // puts <|endoftext|> before it
   while (writer.pending) writer.readOn();    // the beginning, token by token
   writer.writeOn({ temperature: 0.7 });      // draws a token and reads it
   writer.converse("Who are you?", [["Hi", "Hello!"]], 100);   // a turn of a conversation

   Uses tokenizer.js, forward.js and sample.js. */

(function (book) {
  "use strict";

  const START = "<|endoftext|>",
    USER = "<|user|>",
    ASSISTANT = "<|assistant|>",
    END = "<|end|>";

  class Writer {
    constructor(model, seed = 1) {
      this.tok = new book.tokenizer.Tokenizer(model.merges, model.specialTokens);
      this.model = model;
      this.random = book.sample.random(seed);
      this.clear();
    }

    /** Whether the model has the tokens of a chat. */
    get canChat() {
      return [USER, ASSISTANT, END].every((token) => this.tok.special.has(token));
    }

    clear() {
      this.reader = new book.forward.Reader(this.model);
      this.ids = []; // every token that was read
      this.logits = []; // logits[i]: the bets after token i
      this.looks = []; // looks[i]: how token i looked back, (L, H, i + 1)
      this.costs = []; // costs[i]: nats that token i cost; null where nothing came before
      this.pending = 0; // tokens of the beginning that are not read yet
      this.waiting = [];
      this.given = 0; // tokens of the beginning
      this.milliseconds = 0;
    }

    /** Begin with a text to go on from. Returns how many tokens it has. */
    begin(text) {
      const start = this.tok.special.get(START);
      const ids = this.tok.encode(text);
      return this.hold(start === undefined ? ids : [start, ...ids]);
    }

    /** Begin with what is said after the turns `before`, pairs [said, answered]. The oldest
        are left out where there would be no room for an answer of `room` tokens. */
    converse(text, before = [], room = 1) {
      const most = this.model.config.context - room;
      let ids = this.turns(text, before);
      while (before.length && ids.length > most) {
        before = before.slice(1);
        ids = this.turns(text, before);
      }
      this.hold(ids);
      return before.length;
    }

    /** The tokens of a conversation: those of prompt_ids in shared/tokenizer/template.py. */
    turns(text, before) {
      const special = (token) => this.tok.special.get(token);
      const said = (words) => [special(USER), ...this.tok.encode(words), special(ASSISTANT)];
      const earlier = before.flatMap(([words, answer]) => [
        ...said(words),
        ...this.tok.encode(answer),
        special(END),
      ]);
      return [special(START), ...earlier, ...said(text)];
    }

    /** Let these tokens wait to be read. */
    hold(ids) {
      this.clear();
      this.waiting = ids;
      if (!this.waiting.length)
        throw new Error("There is no text to go on from. Write a beginning.");
      if (this.waiting.some((id) => id === undefined))
        throw new Error(`The model has no token ${START}.`);
      if (this.waiting.length >= this.model.config.context) {
        throw new Error(
          `This beginning has ${this.waiting.length} tokens, and the model sees only ` +
            `${this.model.config.context} at once. Shorten it.`,
        );
      }
      this.given = this.pending = this.waiting.length;
      return this.given;
    }

    /** Whether the text has come to its end, or to the end of the model's window. */
    get ended() {
      return this.ids.length > this.given && this.isEnd(this.ids.at(-1));
    }
    get full() {
      return this.reader.full;
    }

    isEnd(id) {
      return id === this.tok.special.get(START) || id === this.tok.special.get(END);
    }

    /** Read one token of the beginning. */
    readOn() {
      this.take(this.waiting[this.waiting.length - this.pending]);
      this.pending--;
    }

    /** Draw a token, read it, return its id. settings: see sample.nextProbabilities. */
    writeOn(settings) {
      const probs = book.sample.nextProbabilities(this.logits.at(-1), settings);
      const id = book.sample.draw(probs, this.random);
      this.take(id);
      return id;
    }

    take(id) {
      const start = performance.now();
      const before = this.logits.at(-1);
      this.costs.push(before ? -Math.log(book.sample.softmax(before)[id]) : null);
      this.logits.push(this.reader.read(id));
      this.looks.push(this.reader.looks);
      this.ids.push(id);
      this.milliseconds += performance.now() - start;
    }

    /** What was written after the beginning, as text without special tokens. */
    get answer() {
      const own = this.ids.slice(this.given);
      return this.tok.decode(own.filter((id) => !this.tok.isSpecial(id)));
    }

    /** The n likeliest tokens after token i, and `also` one more that came:
        { id, share (to be drawn, at these settings), own (as the model bets) }. */
    bets(i, n, settings = {}, also = undefined) {
      const own = book.sample.softmax(this.logits[i]);
      const shares = book.sample.nextProbabilities(this.logits[i], settings);
      const ids = book.sample.largest(own, n);
      if (also !== undefined && !ids.includes(also)) ids.push(also);
      return ids.map((id) => ({ id, share: shares[id], own: own[id] }));
    }

    /** How token i looked back in one layer and head: (i + 1) shares that sum to 1. */
    attention(i, layer, head) {
      const at = (layer * this.model.config.heads + head) * (i + 1);
      return this.looks[i].subarray(at, at + i + 1);
    }
  }

  book.writer = { Writer };
  if (typeof module === "object") module.exports = book.writer;
})((globalThis.BlockByBlock ||= {}));
