"""Text to token ids and back: words, byte-pair encoding, files, the marks of a chat.

`merges` holds the algorithm of byte-pair encoding, `small_bpe` the whole of it in one
small class, `bpe` the tokenizer that the book uses, equal to it and engineered,
`files` how they are kept, `template` how a chat is written as one row of tokens. The
checks of bad input stand in `guards`. No torch here."""

from shared.lazy import offers

__getattr__, __dir__, __all__ = offers(
    __name__,
    {
        "bpe": (
            "BPETokenizer", "Vocabulary", "WordTokenizer", "as_tiktoken",
            "load_gpt2", "split_special", "train_merges", "word_frequencies",
        ),
        "merges": (
            "GPT2_PATTERN", "build_vocab", "byte_order", "bytes_to_ids",
            "count_pairs", "encode_word", "encode_words", "learn_merges",
            "merge_pair", "show_bytes", "split_words",
        ),
        "small_bpe": ("SmallBPE",),
        "files": ("Stored", "read_gpt2"),
        "template": (
            "ASSISTANT", "MARKS", "STOP", "USER", "lesson_ids", "marks_of",
            "prompt_ids", "recent",
        ),
        "long_words": ("encode_long_word",),
        "unicode16": ("NEW_CHARACTERS", "find_all"),
        "guards": (
            "check_corpus", "check_ids", "check_learned", "check_size",
            "check_text", "choose_special", "number_special",
        ),
    },
)
