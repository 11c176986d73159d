/* From scores to the next token: temperature, top-k, top-p, a seeded draw.

   The filters are those of shared/generate/sampling.py. The random numbers are not
   torch's: the same seed gives the same text in every browser, but another one than in
   Python. */

(function (book) {
  "use strict";

  /** Probabilities of scores; minus infinity becomes 0. */
  function softmax(logits) {
    let most = -Infinity,
      sum = 0;
    for (const v of logits) if (v > most) most = v;
    const probs = Float64Array.from(logits, (v) => Math.exp(v - most));
    for (const p of probs) sum += p;
    return probs.map((p) => p / sum);
  }

  /** Places of the n largest numbers, largest first; among equals the earlier place. */
  function largest(values, n) {
    const places = Array.from(values, (_, i) => i),
      better = (a, b) => values[b] - values[a] || a - b;
    if (n > 20) return places.sort(better).slice(0, n);
    const best = []; // a few: cheaper than to sort all
    for (const i of places) {
      if (best.length === n && values[i] <= values[best[n - 1]]) continue;
      best.push(i);
      best.sort(better);
      best.length = Math.min(best.length, n);
    }
    return best;
  }

  /** Keep the k highest scores, and those equal to the lowest of them. */
  function keepTopK(logits, k) {
    const lowest = logits[largest(logits, k).at(-1)];
    return logits.map((v) => (v < lowest ? -Infinity : v));
  }

  /** Keep the fewest likeliest tokens whose probabilities reach p, at least one. */
  function keepTopP(logits, p) {
    const probs = softmax(logits),
      kept = new Float32Array(logits.length).fill(-Infinity);
    let before = 0;
    for (const i of largest(logits, logits.length)) {
      if (before >= p) break;
      kept[i] = logits[i];
      before += probs[i];
    }
    return kept;
  }

  /** Probabilities to draw from. Temperature 0 puts everything on the likeliest token. */
  function nextProbabilities(logits, { temperature = 1, topK = null, topP = null } = {}) {
    if (temperature === 0) {
      const sure = new Float64Array(logits.length);
      sure[largest(logits, 1)[0]] = 1;
      return sure;
    }
    let scores = logits.map((v) => v / temperature);
    if (topK !== null) scores = keepTopK(scores, topK);
    if (topP !== null) scores = keepTopP(scores, topP);
    return softmax(scores);
  }

  /** A generator of numbers from 0 to 1, by Mulberry32 (T. Ettinger, 2017, public domain). */
  function random(seed) {
    let state = seed >>> 0;
    return () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let z = Math.imul(state ^ (state >>> 15), state | 1);
      z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
      return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
    };
  }

  /** Draw a place by its probability. */
  function draw(probs, next) {
    let left = next(),
      last = 0;
    for (let i = 0; i < probs.length; i++) {
      if (probs[i] === 0) continue;
      last = i;
      if ((left -= probs[i]) < 0) return i;
    }
    return last; // what rounding left over
  }

  book.sample = { softmax, largest, keepTopK, keepTopP, nextProbabilities, random, draw };
  if (typeof module === "object") module.exports = book.sample;
})((globalThis.BlockByBlock ||= {}));
