/* The forward pass of the book's GPT, one token at a time, with a cache of keys and values.

   const reader = new BlockByBlock.forward.Reader(model);   // model from weights.parse
   const logits = reader.read(id);                          // a score for each next token

   The same numbers as shared/model/decoder.py within 1e-3: C channels
   (config.width) in H heads of D = C / H, S tokens read so far, L layers. Single
   precision is stored, sums are taken in double. */

(function (book) {
  "use strict";

  const EPS = 1e-5,
    BASE = 10000;

  /** out[i] = W[i] . x (+ b[i]), for the rows of W from `first` on; four rows at a time. */
  function linear(W, b, x, out, first = 0) {
    const from = x.length,
      rows = out.length;
    let i = 0;
    for (; i + 3 < rows; i += 4) {
      let k = (first + i) * from,
        s0 = 0,
        s1 = 0,
        s2 = 0,
        s3 = 0;
      for (let j = 0; j < from; j++, k++) {
        const v = x[j];
        s0 += W[k] * v;
        s1 += W[k + from] * v;
        s2 += W[k + 2 * from] * v;
        s3 += W[k + 3 * from] * v;
      }
      out[i] = s0;
      out[i + 1] = s1;
      out[i + 2] = s2;
      out[i + 3] = s3;
    }
    for (; i < rows; i++) {
      let sum = 0;
      for (let j = 0, k = (first + i) * from; j < from; j++, k++) sum += W[k] * x[j];
      out[i] = sum;
    }
    if (b) for (i = 0; i < rows; i++) out[i] += b[first + i];
  }

  /** Layer norm of the channels of x. */
  function layerNorm(x, weight, bias, out) {
    let mean = 0,
      variance = 0;
    for (const v of x) mean += v / x.length;
    for (const v of x) variance += (v - mean) ** 2 / x.length;
    const scale = 1 / Math.sqrt(variance + EPS);
    for (let i = 0; i < x.length; i++)
      out[i] = (x[i] - mean) * scale * weight[i] + (bias ? bias[i] : 0);
  }

  /** Root mean square norm of the channels of x. */
  function rmsNorm(x, weight, out) {
    let square = 0;
    for (const v of x) square += (v * v) / x.length;
    const scale = 1 / Math.sqrt(square + EPS);
    for (let i = 0; i < x.length; i++) out[i] = x[i] * scale * weight[i];
  }

  /** GPT-2's activation, and the square of what is above zero; number by number, in place. */
  const bend = {
    gelu(x) {
      const root = Math.sqrt(2 / Math.PI);
      for (let i = 0; i < x.length; i++) {
        x[i] = 0.5 * x[i] * (1 + Math.tanh(root * (x[i] + 0.044715 * x[i] ** 3)));
      }
    },
    relu2(x) {
      for (let i = 0; i < x.length; i++) x[i] = x[i] > 0 ? x[i] * x[i] : 0;
    },
  };

  /** Turn the channel pairs (i, i + D / 2) of each head by the token's place. */
  function rotate(x, heads, place) {
    const D = x.length / heads,
      half = D / 2;
    for (let i = 0; i < half; i++) {
      const speed = Math.fround(BASE ** -Math.fround((2 * i) / D));
      const angle = Math.fround(place * speed); // rounded as torch rounds it
      const cos = Math.cos(angle),
        sin = Math.sin(angle);
      for (let h = 0; h < x.length; h += D) {
        const a = x[h + i],
          b = x[h + half + i];
        x[h + i] = a * cos - b * sin;
        x[h + half + i] = b * cos + a * sin;
      }
    }
  }

  class Reader {
    constructor({ config, tensors }) {
      this.config = config;
      this.tensors = tensors;
      this.length = 0;
      const { width: C, layers, context } = config,
        floats = (n) => new Float32Array(n);
      this.keys = Array.from({ length: layers }, () => floats(context * C));
      this.values = Array.from({ length: layers }, () => floats(context * C));
      this.room = {
        x: floats(C),
        first: floats(C),
        n: floats(C),
        q: floats(C),
        y: floats(C),
        up: floats(4 * C),
      };
      this.looks = null; // how the last token looked back: (L, H, S), see attention
    }

    get full() {
      return this.length >= this.config.context;
    }

    /** Read one token; returns the scores (vocab_size) of what may come next, a new array. */
    read(id) {
      const {
          config,
          tensors: t,
          room: { x, first, n, up },
        } = this,
        C = config.width;
      if (!Number.isInteger(id) || id < 0 || id >= config.vocab_size) {
        throw new Error(`token id ${id} is outside the vocabulary of ${config.vocab_size} tokens`);
      }
      if (this.full) throw new Error(`the model's window of ${config.context} tokens is full`);
      for (let c = 0; c < C; c++) {
        x[c] = t["tokens.weight"][id * C + c];
        if (config.positions === "learned") x[c] += t["positions.weight"][this.length * C + c];
      }
      first.set(x);
      this.looks = new Float32Array(config.layers * config.heads * (this.length + 1));
      for (let layer = 0; layer < config.layers; layer++) {
        const part = `blocks.${layer}.`;
        this.norm(`${part}norm1`, x, n);
        this.attend(layer, n); // adds to x
        this.norm(`${part}norm2`, x, n);
        linear(t[`${part}mlp.up.weight`], t[`${part}mlp.up.bias`], n, up);
        bend[config.activation](up);
        linear(t[`${part}mlp.down.weight`], t[`${part}mlp.down.bias`], up, n);
        for (let c = 0; c < C; c++) x[c] += n[c];
      }
      this.norm("norm", x, n);
      const logits = new Float32Array(config.vocab_size);
      linear(t["head.weight"], null, n, logits);
      this.length++;
      return logits;
    }

    norm(name, x, out) {
      const weight = this.tensors[`${name}.weight`];
      if (this.config.norm === "rms") rmsNorm(x, weight, out);
      else layerNorm(x, weight, this.tensors[`${name}.bias`], out);
    }

    /** Query, key and value of the token; key and value go to their place in the cache. */
    project(layer, n) {
      const {
          config,
          tensors: t,
          room: { q, first, y },
        } = this,
        C = config.width;
      const part = `blocks.${layer}.attention.`,
        W = t[`${part}qkv.weight`],
        b = t[`${part}qkv.bias`];
      const here = this.length * C;
      const k = this.keys[layer].subarray(here, here + C);
      const v = this.values[layer].subarray(here, here + C);
      linear(W, b, n, q);
      linear(W, b, n, k, C);
      if (config.attention === "direct") {
        // W n + d W first = W (n + d first)
        const d = t[`${part}direct`][0];
        for (let c = 0; c < C; c++) y[c] = n[c] + d * first[c];
      }
      linear(W, b, config.attention === "direct" ? y : n, v, 2 * C);
      if (config.qk_norm === "head") {
        const D = C / config.heads;
        for (const [name, vector] of [
          ["q", q],
          ["k", k],
        ]) {
          for (let h = 0; h < C; h += D) {
            const head = vector.subarray(h, h + D);
            this.norm(`${part}${name}_norm`, head, head);
          }
        }
      }
      if (config.positions === "rotary") {
        rotate(q, config.heads, this.length);
        rotate(k, config.heads, this.length);
      }
    }

    /** Attention of the new token over all tokens so far; adds its result to x. */
    attend(layer, n) {
      this.project(layer, n);
      const {
        config: { width: C, heads },
        room: { x, q, y },
      } = this;
      const D = C / heads,
        S = this.length + 1,
        K = this.keys[layer],
        V = this.values[layer];
      for (let h = 0; h < heads; h++) {
        const at = (layer * heads + h) * S,
          weights = this.looks.subarray(at, at + S);
        let most = -Infinity,
          sum = 0;
        for (let s = 0; s < S; s++) {
          let score = 0;
          for (let c = h * D, k = s * C + c; c < h * D + D; c++, k++) score += q[c] * K[k];
          weights[s] = score / Math.sqrt(D);
          if (weights[s] > most) most = weights[s];
        }
        for (let s = 0; s < S; s++) sum += weights[s] = Math.exp(weights[s] - most);
        const head = y.subarray(h * D, h * D + D).fill(0);
        for (let s = 0; s < S; s++) {
          const weight = (weights[s] /= sum);
          for (let c = 0, v = s * C + h * D; c < D; c++, v++) head[c] += weight * V[v];
        }
      }
      const part = `blocks.${layer}.attention.out.`;
      linear(this.tensors[`${part}weight`], this.tensors[`${part}bias`], y, n);
      for (let c = 0; c < C; c++) x[c] += n[c];
    }
  }

  book.forward = { Reader };
  if (typeof module === "object") module.exports = book.forward;
})((globalThis.BlockByBlock ||= {}));
