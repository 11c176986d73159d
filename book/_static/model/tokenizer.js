/* Byte-level BPE in the browser: the same ids as shared/tokenizer.py, and back to text.

   BlockByBlock.tokenizer.Tokenizer(merges, specialTokens): merges are pairs of ids in the
   order learned, as in a model's file. Ids 0 to 255 are the single bytes in GPT-2's order,
   256 + i is what merge i made, the special tokens come last.

   Source: shared/bpe.py, and the papers named there. tests/test_page_model.py compares. */

(function (book) {
  "use strict";

  // Letters and digits younger than Unicode 16: shared/unicode16.py says why.
  const NEW =
    String.raw`\u0558\u058b-\u058c\u088f\u0c5c\u0cdc\u208f\u209d-\u209f\ua7ce-\ua7cf\ua7d2` +
    String.raw`\ua7d4\ua7dd\ua7e2\ua7f1\uab6c-\uab6d\u{107bb}-\u{107bf}\u{10940}-\u{10959}` +
    String.raw`\u{10ec5}-\u{10ec7}\u{10ed9}-\u{10eee}\u{11b0a}\u{11db0}-\u{11ddb}\u{11de0}-\u{11de9}` +
    String.raw`\u{11df1}\u{1246f}\u{12475}-\u{1247f}\u{12550}-\u{12686}\u{16ea0}-\u{16eb8}` +
    String.raw`\u{16ebb}-\u{16ed3}\u{16ff2}-\u{16ff6}\u{187f8}-\u{187ff}\u{18cd6}-\u{18cda}` +
    String.raw`\u{18d09}-\u{18d20}\u{18d80}-\u{18df2}\u{18e00}-\u{19191}\u{191a0}-\u{191d2}` +
    String.raw`\u{1b123}-\u{1b128}\u{1b168}\u{1d6a6}\u{1df1f}-\u{1df24}\u{1df2b}-\u{1df81}` +
    String.raw`\u{1df90}-\u{1df96}\u{1dfcd}-\u{1dfff}\u{1e6c0}-\u{1e6de}\u{1e6e0}-\u{1e6e2}` +
    String.raw`\u{1e6e4}-\u{1e6e5}\u{1e6e7}-\u{1e6ed}\u{1e6f0}-\u{1e6f4}\u{1e6fe}-\u{1e6ff}` +
    String.raw`\u{2b73a}-\u{2b73f}\u{2b81e}\u{2cea2}-\u{2cead}\u{323b0}-\u{33479}\u{3d000}-\u{3fc3f}`;
  const LETTER = String.raw`(?:(?![${NEW}])\p{L})`,
    DIGIT = String.raw`(?:(?![${NEW}])\p{N})`;
  const SPACE = String.raw`\p{White_Space}`;
  const OTHER = String.raw`(?:[^${SPACE}\p{L}\p{N}]|[${NEW}])`;
  const WORDS = new RegExp(
    "'(?:[sdmt]|ll|ve|re)" + // the endings 's 't 're 've 'm 'll 'd
      `| ?${LETTER}+| ?${DIGIT}+| ?${OTHER}+` +
      `|${SPACE}+(?!\\P{White_Space})|${SPACE}+`,
    "gu",
  );

  /** The 256 byte values as GPT-2 numbers them: those with a visible character first. */
  function byteOrder() {
    const seen = (b) => (b > 32 && b < 127) || (b > 160 && b !== 173);
    const all = Array.from({ length: 256 }, (_, b) => b);
    return [...all.filter(seen), ...all.filter((b) => !seen(b))];
  }

  const BYTES = byteOrder();
  const BYTE_ID = new Uint8Array(256);
  BYTES.forEach((byte, id) => {
    BYTE_ID[byte] = id;
  });

  /** GPT-2's words of a text; joined they are the text again. */
  function splitWords(text) {
    return text.match(WORDS) || [];
  }

  class Tokenizer {
    /** Throws an Error for merges that join tokens which do not exist yet. */
    constructor(merges, specialTokens) {
      this.bytes = BYTES.map((byte) => Uint8Array.of(byte));
      this.ranks = new Map();
      merges.forEach(([left, right], i) => {
        const a = this.bytes[left],
          b = this.bytes[right];
        if (!a || !b)
          throw new Error(
            `merge ${i} joins ids ${left} and ${right}, which do not exist before it`,
          );
        this.ranks.set(left * 0x100000 + right, 256 + i);
        const whole = new Uint8Array(a.length + b.length);
        whole.set(a);
        whole.set(b, a.length);
        this.bytes.push(whole);
      });
      this.special = new Map();
      for (const token of specialTokens) {
        if (typeof token !== "string" || !token || this.special.has(token)) {
          throw new Error(
            `the special token ${JSON.stringify(token)} is empty, given twice or no text`,
          );
        }
        this.special.set(token, this.bytes.length);
        this.bytes.push(new TextEncoder().encode(token));
      }
      this.firstSpecial = this.bytes.length - this.special.size;
      this.cache = new Map();
    }

    get size() {
      return this.bytes.length;
    }

    /** Ids of a text; the characters of a special token are ordinary text too. */
    encode(text) {
      const ids = [];
      for (const word of splitWords(text)) {
        if (!this.cache.has(word)) this.cache.set(word, this.encodeWord(word));
        for (const id of this.cache.get(word)) ids.push(id);
      }
      if (this.cache.size > 20000) this.cache.clear(); // a bound on memory
      return ids;
    }

    /** Ids of one word: the earliest learned merge first, until none is left. */
    encodeWord(word) {
      let ids = Array.from(new TextEncoder().encode(word), (byte) => BYTE_ID[byte]);
      for (;;) {
        let first = Infinity;
        for (let i = 0; i + 1 < ids.length; i++) {
          first = Math.min(first, this.ranks.get(ids[i] * 0x100000 + ids[i + 1]) ?? Infinity);
        }
        if (first === Infinity) return ids;
        const merged = [];
        for (let i = 0; i < ids.length; i++) {
          if (this.ranks.get(ids[i] * 0x100000 + ids[i + 1]) === first) {
            merged.push(first);
            i++;
          } else merged.push(ids[i]);
        }
        ids = merged;
      }
    }

    /** Text of the ids; bytes that are not valid UTF-8 become U+FFFD. */
    decode(ids) {
      const pieces = Array.from(ids, (id) => this.bytes[id] || new Uint8Array(0));
      const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
      let at = 0;
      for (const piece of pieces) {
        all.set(piece, at);
        at += piece.length;
      }
      return new TextDecoder("utf-8", { ignoreBOM: true }).decode(all);
    }

    /** Whether an id stands for a special token. */
    isSpecial(id) {
      return id >= this.firstSpecial && id < this.size;
    }

    /** One token to look at: its text, or its bytes in hexadecimal where they are no whole character. */
    show(id) {
      if (id >= this.size) return `⟨${id}⟩`;
      try {
        return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.bytes[id]);
      } catch {
        return Array.from(this.bytes[id], (byte) => `⟨${byte.toString(16).padStart(2, "0")}⟩`).join(
          "",
        );
      }
    }
  }

  book.tokenizer = { Tokenizer, splitWords };
  if (typeof module === "object") module.exports = book.tokenizer;
})((globalThis.BlockByBlock ||= {}));
