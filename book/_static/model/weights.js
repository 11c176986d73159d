/* A model's file (safetensors, written by shared/checkpoint/) to arrays and a tokenizer.

   BlockByBlock.weights.parse(buffer) -> { config, tensors, merges, specialTokens, parameters }
   tensors: name -> Float32Array, rows after one another. Half precision is widened exactly.
   Every fault throws an Error whose sentence says what was found and what to do.

   The file: 8 bytes, the header's length; the header, JSON; then the numbers. */

(function (book) {
  "use strict";

  const FORMAT = "block-by-block model 2",
    FIRST = "block-by-block model 1";
  const MOST = 60e6; // parameters; more would fill a telephone's memory
  const SIZES = ["vocab_size", "context", "layers", "heads", "width"];
  // A file names only what differs from these, which are those of shared/model/decoder.py.
  const DEFAULTS = {
    vocab_size: 1024,
    context: 256,
    layers: 4,
    heads: 4,
    width: 128,
    dropout: 0,
    norm: "layer",
    norm_at: "before",
    eps: 1e-5,
    bias: true,
    qkv_bias: null,
    tie: true,
    embed_scale: 1,
    init: "gpt2",
    positions: "learned",
    base: 10000,
    scaling: null,
    attention: "full",
    kv_heads: null,
    head_width: null,
    qk_norm: "none",
    scale: null,
    window: null,
    mlp: "plain",
    mlp_width: null,
    activation: "gelu",
  };
  // What the forward pass of this page knows beside the defaults.
  const CHOICES = {
    norm: ["layer", "bare layer", "rms"],
    positions: ["learned", "rotary"],
    attention: ["full", "direct"],
    activation: ["gelu", "relu2"],
    qk_norm: ["none", "head"],
    bias: [true, false],
    tie: [true, false],
  };
  const TRAINING_ONLY = ["dropout", "init"]; // they change nothing once a model is trained
  const MAKE = "Make it anew with checkpoint.save, as chapter 14 shows.";

  const shown = (value) => (typeof value === "string" ? value : JSON.stringify(value));

  /** The whole config of a file; throws unless the forward pass of this page can run it. */
  function wholeConfig(named, version) {
    if (named === null || typeof named !== "object")
      throw new Error(`The file's header holds no config. ${MAKE}`);
    const strange = Object.keys(named).find((name) => !Object.hasOwn(DEFAULTS, name));
    if (strange)
      throw new Error(
        `This page cannot run this model: it does not know the config's field ${strange}, ` +
          `which version ${JSON.stringify(version ?? null)} of the book has written. Open it there.`,
      );
    const config = { ...DEFAULTS, ...named };
    for (const name of SIZES) {
      if (!Number.isInteger(config[name]) || config[name] < 1) {
        throw new Error(
          `The config's ${name} is ${JSON.stringify(config[name])}; it must be a whole number from 1.`,
        );
      }
    }
    for (const [name, usual] of Object.entries(DEFAULTS)) {
      if (SIZES.includes(name) || TRAINING_ONLY.includes(name)) continue;
      const choices = CHOICES[name] ?? [usual];
      if (!choices.includes(config[name])) {
        throw new Error(
          `This page cannot run a model whose ${name} is ${JSON.stringify(config[name])}; ` +
            `it knows ${choices.map(shown).join(" and ")}.`,
        );
      }
    }
    const channels = config.width / config.heads;
    if (!Number.isInteger(channels) || (config.positions === "rotary" && channels % 2)) {
      throw new Error(
        `The config shares a width of ${config.width} among ${config.heads} heads, which does not work out.`,
      );
    }
    return config;
  }

  /** The shapes that a config asks for, name -> list of sizes; as in shared/model/. */
  function shapesOf(config) {
    const { width: C, vocab_size: V } = config,
      shapes = { "tokens.weight": [V, C] };
    const linear = (name, out, from) => {
      shapes[`${name}.weight`] = [out, from];
      if (config.bias) shapes[`${name}.bias`] = [out];
    };
    const norm = (name, size = C) => {
      shapes[`${name}.weight`] = [size];
      if (config.norm === "layer") shapes[`${name}.bias`] = [size];
    };
    if (config.positions === "learned") shapes["positions.weight"] = [config.context, C];
    for (let i = 0; i < config.layers; i++) {
      const block = `blocks.${i}.`;
      norm(`${block}norm1`);
      norm(`${block}norm2`);
      linear(`${block}attention.qkv`, 3 * C, C);
      linear(`${block}attention.out`, C, C);
      linear(`${block}mlp.up`, 4 * C, C);
      linear(`${block}mlp.down`, C, 4 * C);
      if (config.qk_norm === "head") {
        norm(`${block}attention.q_norm`, C / config.heads);
        norm(`${block}attention.k_norm`, C / config.heads);
      }
      if (config.attention === "direct") shapes[`${block}attention.direct`] = [1];
    }
    norm("norm");
    if (!config.tie) shapes["head.weight"] = [V, C];
    return shapes;
  }

  /** All 65,536 half-precision numbers as single precision, made once. */
  let halves = null;
  function halfTable() {
    if (halves) return halves;
    halves = new Float32Array(65536);
    for (let bits = 0; bits < 65536; bits++) {
      const exponent = (bits >> 10) & 31,
        fraction = bits & 1023;
      let value = exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24;
      if (exponent === 31) value = fraction ? NaN : Infinity;
      halves[bits] = bits & 0x8000 ? -value : value;
    }
    return halves;
  }

  /** The numbers of one tensor as a Float32Array. */
  function numbers(name, entry, data) {
    const width = { F16: 2, F32: 4 }[entry.dtype];
    if (!width)
      throw new Error(`${name} is stored as ${entry.dtype}; this page reads F16 and F32. ${MAKE}`);
    const count = entry.shape.reduce((product, size) => product * size, 1);
    const [from, to] = entry.data_offsets;
    if (to - from !== count * width || from < 0 || to > data.byteLength) {
      throw new Error(
        `The file is cut off or damaged: the numbers of ${name} are not all there. Fetch it again.`,
      );
    }
    const bytes = data.slice(from, to); // a copy begins at an address that fits
    const found =
      width === 4
        ? new Float32Array(bytes)
        : Float32Array.from(new Uint16Array(bytes), (bits) => halfTable()[bits]);
    if (!found.every(Number.isFinite))
      throw new Error(
        `${name} holds numbers that are infinite or no numbers; training went wrong.`,
      );
    return found;
  }

  /** The header as an object, and the numbers behind it. */
  function open(buffer) {
    const wrong =
      "This is no safetensors file, or a damaged one. Choose a file that ends in .safetensors and that checkpoint.save has written.";
    if (buffer.byteLength < 10) throw new Error(wrong);
    const length = Number(new DataView(buffer).getBigUint64(0, true));
    if (length > buffer.byteLength - 8) throw new Error(wrong);
    try {
      const header = JSON.parse(
        new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(buffer, 8, length)),
      );
      const about = JSON.parse(header.__metadata__?.about ?? "{}");
      delete header.__metadata__;
      return { header, about, data: buffer.slice(8 + length) };
    } catch {
      throw new Error(wrong);
    }
  }

  /** A model's file as arrays; see the top. */
  function parse(buffer) {
    const { header, about, data } = open(buffer);
    if (about?.format === FIRST)
      throw new Error(
        "This file was written by the book's first edition. Load it with checkpoint.load and " +
          "write it with checkpoint.save once, and bring the new file.",
      );
    if (about?.format !== FORMAT) {
      throw new Error(
        `This file was not written by the book: its format is ${JSON.stringify(about?.format ?? null)}, ` +
          `expected ${JSON.stringify(FORMAT)}. ${MAKE}`,
      );
    }
    if (about.classes)
      throw new Error(
        "This is a classifier: it sorts texts and cannot write any. Bring a model that writes.",
      );
    const config = wholeConfig(about.config, about.version);
    const shapes = shapesOf(config),
      tensors = {};
    let parameters = 0;
    for (const [name, shape] of Object.entries(shapes)) {
      parameters += shape.reduce((product, size) => product * size, 1);
      if (parameters > MOST)
        throw new Error(
          `This model has more than ${MOST / 1e6} million parameters, too many for a page.`,
        );
    }
    for (const name of [...new Set([...Object.keys(shapes), ...Object.keys(header)])].sort()) {
      const wanted = name in shapes ? `(${shapes[name].join(", ")})` : "nothing";
      const found = Array.isArray(header[name]?.shape)
        ? `(${header[name].shape.join(", ")})`
        : "nothing";
      if (wanted !== found) {
        throw new Error(
          `The file does not fit its config: ${name} should be ${wanted} and is ${found}. ${MAKE}`,
        );
      }
      tensors[name] = numbers(name, header[name], data);
    }
    if (config.tie) tensors["head.weight"] = tensors["tokens.weight"];
    const { merges, special_tokens: specialTokens } = about;
    if (!Array.isArray(merges) || !Array.isArray(specialTokens))
      throw new Error(`The file's header holds no tokenizer. ${MAKE}`);
    const size = 256 + merges.length + specialTokens.length;
    if (size > config.vocab_size) {
      throw new Error(
        `The file's tokenizer has ${size} tokens, its model only ${config.vocab_size}. ${MAKE}`,
      );
    }
    return { config, tensors, merges, specialTokens, parameters };
  }

  /** The bytes that a base64 text stands for, as an ArrayBuffer. */
  function fromBase64(text) {
    const characters = atob(text),
      bytes = new Uint8Array(characters.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
    return bytes.buffer;
  }

  book.weights = { parse, fromBase64, shapesOf, halfTable, DEFAULTS };
  if (typeof module === "object") module.exports = book.weights;
})((globalThis.BlockByBlock ||= {}));
