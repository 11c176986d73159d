/* A model's file (safetensors, written by shared/checkpoint.py) to arrays and a tokenizer.

   BlockByBlock.weights.parse(buffer) -> { config, tensors, merges, specialTokens, parameters }
   tensors: name -> Float32Array, rows after one another. Half precision is widened exactly.
   Every fault throws an Error whose sentence says what was found and what to do.

   The file: 8 bytes, the header's length; the header, JSON; then the numbers. */

(function (book) {
  "use strict";

  const FORMAT = "block-by-block model 1";
  const MOST = 60e6; // parameters; more would fill a telephone's memory
  const SIZES = ["vocab_size", "context", "layers", "heads", "width"];
  const CHOICES = {
    norm: ["layer", "rms"],
    positions: ["learned", "rotary"],
    mlp: ["gelu", "relu2"],
    bias: [true, false],
    tie: [true, false],
    qk_norm: [true, false],
    direct: [true, false],
  };
  const TRAINING_ONLY = ["dropout", "init"]; // they change nothing once a model is trained
  const MAKE = "Make it anew with checkpoint.save, as chapter 14 shows.";

  /** Throws unless the forward pass of this page can run the config. */
  function checkConfig(config) {
    if (config === null || typeof config !== "object")
      throw new Error(`The file's header holds no config. ${MAKE}`);
    for (const name of SIZES) {
      if (!Number.isInteger(config[name]) || config[name] < 1) {
        throw new Error(
          `The config's ${name} is ${JSON.stringify(config[name])}; it must be a whole number from 1.`,
        );
      }
    }
    for (const [name, choices] of Object.entries(CHOICES)) {
      if (!choices.includes(config[name])) {
        throw new Error(
          `This page cannot run a model whose ${name} is ${JSON.stringify(config[name])}; ` +
            `it knows ${choices.join(" and ")}.`,
        );
      }
    }
    const known = [...SIZES, ...Object.keys(CHOICES), ...TRAINING_ONLY];
    const strange = Object.keys(config).find((name) => !known.includes(name));
    if (strange)
      throw new Error(
        `This page cannot run this model: it does not know the config's field ${strange}.`,
      );
    const channels = config.width / config.heads;
    if (!Number.isInteger(channels) || (config.positions === "rotary" && channels % 2)) {
      throw new Error(
        `The config shares a width of ${config.width} among ${config.heads} heads, which does not work out.`,
      );
    }
  }

  /** The shapes that a config asks for, name -> list of sizes; as in shared/model.py. */
  function shapesOf(config) {
    const { width: C, vocab_size: V } = config,
      shapes = { "tokens.weight": [V, C] };
    const linear = (name, out, from) => {
      shapes[`${name}.weight`] = [out, from];
      if (config.bias) shapes[`${name}.bias`] = [out];
    };
    const norm = (name) => {
      shapes[`${name}.weight`] = [C];
      if (config.norm === "layer" && config.bias) shapes[`${name}.bias`] = [C];
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
      if (config.qk_norm) {
        shapes[`${block}attention.q_norm.weight`] = [C / config.heads];
        shapes[`${block}attention.k_norm.weight`] = [C / config.heads];
      }
      if (config.direct) shapes[`${block}attention.direct`] = [1];
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
    checkConfig(about.config);
    const shapes = shapesOf(about.config),
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
    if (about.config.tie) tensors["head.weight"] = tensors["tokens.weight"];
    const { merges, special_tokens: specialTokens } = about;
    if (!Array.isArray(merges) || !Array.isArray(specialTokens))
      throw new Error(`The file's header holds no tokenizer. ${MAKE}`);
    const size = 256 + merges.length + specialTokens.length;
    if (size > about.config.vocab_size) {
      throw new Error(
        `The file's tokenizer has ${size} tokens, its model only ${about.config.vocab_size}. ${MAKE}`,
      );
    }
    return { config: about.config, tensors, merges, specialTokens, parameters };
  }

  /** The bytes that a base64 text stands for, as an ArrayBuffer. */
  function fromBase64(text) {
    const characters = atob(text),
      bytes = new Uint8Array(characters.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
    return bytes.buffer;
  }

  book.weights = { parse, fromBase64, shapesOf, halfTable };
  if (typeof module === "object") module.exports = book.weights;
})((globalThis.BlockByBlock ||= {}));
