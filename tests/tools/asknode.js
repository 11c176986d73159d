/* Runs the page's JavaScript under Node for tests/test_page_model.py.

   node asknode.js FOLDER < jobs.json   prints one result per job, or { error } */

"use strict";

const fs = require("node:fs"),
  path = require("node:path");
const folder = process.argv[2];
const rooms = ["tokenizer", "weights", "forward", "sample", "writer"];
const book = Object.fromEntries(
  rooms.map((room) => [room, require(path.join(folder, `${room}.js`))]),
);

const models = new Map();
function model(file) {
  if (!models.has(file)) {
    const { buffer, byteOffset, length } = fs.readFileSync(file);
    models.set(file, book.weights.parse(buffer.slice(byteOffset, byteOffset + length)));
  }
  return models.get(file);
}
const tokenizer = ({ merges, specialTokens }) =>
  new book.tokenizer.Tokenizer(merges, specialTokens);

const jobs = {
  defaults: () => book.weights.DEFAULTS,
  words: ({ text }) => book.tokenizer.splitWords(text),
  encode: ({ file, texts }) => texts.map((text) => tokenizer(model(file)).encode(text)),
  decode: ({ file, rows }) => rows.map((ids) => tokenizer(model(file)).decode(ids)),
  show: ({ file, ids }) => ids.map((id) => tokenizer(model(file)).show(id)),
  halves: ({ bits }) => bits.map((one) => book.weights.halfTable()[one]),
  logits: ({ file, ids }) => {
    const reader = new book.forward.Reader(model(file));
    return ids.map((id) => Array.from(reader.read(id)));
  },
  looks: ({ file, ids }) => {
    const reader = new book.forward.Reader(model(file));
    ids.forEach((id) => reader.read(id));
    return Array.from(reader.looks);
  },
  probabilities: ({ rows, settings }) =>
    rows.map((row) => Array.from(book.sample.nextProbabilities(Float32Array.from(row), settings))),
  draws: ({ probs, seed, count }) => {
    const next = book.sample.random(seed);
    return Array.from({ length: count }, () => book.sample.draw(probs, next));
  },
  write: ({ file, text, chat, before, room, seed, settings, count }) => {
    const writer = new book.writer.Writer(model(file), seed);
    if (chat && writer.canChat) writer.converse(text, before, room);
    else writer.begin(text);
    while (writer.pending) writer.readOn();
    for (let i = 0; i < count && !writer.ended && !writer.full; i++) writer.writeOn(settings);
    const { ids, costs, given, answer, ended, full, milliseconds } = writer;
    return {
      ids,
      costs,
      given,
      answer,
      ended,
      full,
      milliseconds,
      bets: writer.bets(0, 10).map(({ id, own }) => [id, own]),
    };
  },
};

const results = JSON.parse(fs.readFileSync(0, "utf8")).map(({ job, ...rest }) => {
  try {
    return jobs[job](rest);
  } catch (error) {
    return { error: error.message };
  }
});
process.stdout.write(JSON.stringify(results));
