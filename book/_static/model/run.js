/* What happens after "Go on": read the beginnings, write token by token, tell how it went.

   BlockByBlock.run.go(talk, columns, models) is called by page.js, which loads this file. */

(function (book) {
  "use strict";

  const PATIENCE = 12; // milliseconds of computing before the page may breathe
  const ROOM = 4; // a quarter of the window is kept for an answer
  const { make, breathe } = book;
  const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  /** The next picture of the screen, or a moment later where nothing is drawn. */
  const frame = () =>
    new Promise((done) => {
      requestAnimationFrame(done);
      setTimeout(done, 60);
    });

  /** What a reader asks for; a new wish is a new beginning. */
  const wishOf = (talk) => JSON.stringify([talk.text.value, talk.seed.value]);
  const done = ({ writer }) => writer.ended || writer.full;
  /** Whether the reader has stopped it, or has cleared its columns away. */
  const over = (talk, columns) => talk.stopped || !talk.columns.includes(columns[0]);

  /** Begin, or go on where it was, until all have ended or have written enough. */
  async function go(talk, columns, models) {
    if (talk.begun !== wishOf(talk) || columns.every(done)) begin(talk, columns, models);
    const before = columns.map(({ writer }) => [writer.ids.length, writer.milliseconds]);
    talk.say("Reading …");
    await read(talk, columns);
    talk.say("Writing …");
    await write(talk, columns);
    for (const { view } of columns) view.update();
    if (!talk.columns.includes(columns[0])) return; // cleared
    finish(talk, columns, before);
    if (talk.chat && document.activeElement === talk.text) talk.text.select();
  }

  /** The turns before what is asked for, of each column: after a new message, the last answers
      that have ended are turns, too. */
  function turnsBefore(talk, columns) {
    const { message, text } = talk;
    const next = talk.chat && message !== null && message !== text.value;
    return columns.map((column) =>
      next && column.writer && done(column)
        ? [...column.before, [message, column.writer.answer]]
        : column.before,
    );
  }

  /** A writer with the text that is asked for, or with the conversation so far. */
  function writerFor(talk, before, model) {
    const writer = new book.writer.Writer(model, Number(talk.seed.value) || 0);
    if (talk.chat && writer.canChat) {
      const room = Math.min(talk.most, Math.floor(model.config.context / ROOM));
      writer.converse(talk.text.value, before, room);
    } else writer.begin(talk.text.value);
    return writer;
  }

  /** New writers, and their texts on the page. */
  function begin(talk, columns, models) {
    if (talk.chat && !talk.text.value.trim()) throw new Error("Write a message first.");
    if (talk.begun === wishOf(talk)) talk.raiseSeed(); // it has ended: another one
    const before = turnsBefore(talk, columns);
    const writers = models.map((model, i) => writerFor(talk, before[i], model)); // or throws
    columns.forEach((column, i) => {
      column.before = before[i];
    });
    talk.message = talk.text.value;
    talk.look = new book.look.Look(talk);
    columns.forEach((column, i) => {
      for (const old of column.place.querySelectorAll(".talk-plain, .talk-text")) old.remove();
      column.writer = writers[i];
      column.view = talk.look.add(column);
      const words = "It has not learned to chat: it goes on from your text.";
      const plain =
        talk.chat && !column.writer.canChat ? [make("p", { class: "talk-plain" }, words)] : [];
      column.place.append(...plain, column.view.list);
    });
    talk.panel.replaceChildren(talk.look.element);
    talk.panel.hidden = false;
    talk.begun = wishOf(talk);
  }

  /** Let the page breathe when it has computed for long; returns when it last did. */
  async function breath(since) {
    if (performance.now() - since < PATIENCE) return since;
    await breathe();
    return performance.now();
  }

  async function read(talk, columns) {
    let since = performance.now();
    for (const { writer } of columns) {
      while (writer.pending && !over(talk, columns)) {
        writer.readOn();
        since = await breath(since);
      }
    }
  }

  /** All columns in turn, a token each; a reader who wants no motion sees the whole. */
  async function write(talk, columns) {
    const quiet = still(),
      most = columns.map(({ writer }) => writer.ids.length + talk.most);
    let since = performance.now();
    for (;;) {
      const going = columns.filter(
        (column, i) => !done(column) && column.writer.ids.length < most[i],
      );
      if (over(talk, columns) || !going.length) return;
      for (const column of going) {
        column.writer.writeOn(talk.settings);
        if (!quiet) column.view.update();
      }
      if (quiet) since = await breath(since);
      else await frame();
    }
  }

  /** The sentence at the end, and the answers for those who listen. */
  function finish(talk, columns, before) {
    const sum = (values) => values.reduce((total, value) => total + value, 0);
    const tokens = sum(columns.map(({ writer }, i) => writer.ids.length - before[i][0]));
    const seconds = sum(columns.map(({ writer }, i) => writer.milliseconds - before[i][1])) / 1000;
    const speed = Math.round(tokens / seconds).toLocaleString("en");
    const said = tokens
      ? `${tokens} tokens read and written, ${speed} tokens per second of computing. `
      : "";
    talk.say(said + ending(talk, columns));
    const name = (column) => (columns.length > 1 ? column.name : "Answer");
    talk.spoken.replaceChildren(
      ...columns.map((column) => make("p", {}, `${name(column)}: ${column.writer.answer}`)),
    );
  }

  function ending(talk, columns) {
    if (talk.stopped) return "Stopped.";
    const full = columns.find(({ writer }) => writer.full);
    if (full) return `The window of ${full.writer.model.config.context} tokens is full.`;
    if (!columns.every(done)) return `“${talk.verb}” writes more.`;
    return talk.chat
      ? "Say something else to go on talking; the same words again draw another answer."
      : "It has ended; “Go on” now draws another with the next seed.";
  }

  book.run = { go };
})((globalThis.BlockByBlock ||= {}));
