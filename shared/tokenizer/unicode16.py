"""Search text with the letters and digits of Unicode 16, as tiktoken knows them.

The `regex` package follows Unicode faster than tiktoken does. Without this room the two
would cut the newest letters differently, and the ids would differ as well.
"""

import regex

# Added to Unicode after version 16: `regex` knows them already and tiktoken not yet, so
# they are taken out of the classes of letters and of digits.
NEW_CHARACTERS = (
    r"[\u0558\u058b-\u058c\u088f\u0c5c\u0cdc\u208f\u209d-\u209f\ua7ce-\ua7cf\ua7d2"
    r"\ua7d4\ua7dd\ua7e2\ua7f1\uab6c-\uab6d\U000107bb-\U000107bf"
    r"\U00010940-\U00010959\U00010ec5-\U00010ec7\U00010ed9-\U00010eee\U00011b0a"
    r"\U00011db0-\U00011ddb\U00011de0-\U00011de9\U00011df1\U0001246f"
    r"\U00012475-\U0001247f\U00012550-\U00012686\U00016ea0-\U00016eb8"
    r"\U00016ebb-\U00016ed3\U00016ff2-\U00016ff6\U000187f8-\U000187ff"
    r"\U00018cd6-\U00018cda\U00018d09-\U00018d20\U00018d80-\U00018df2"
    r"\U00018e00-\U00019191\U000191a0-\U000191d2\U0001b123-\U0001b128\U0001b168"
    r"\U0001d6a6\U0001df1f-\U0001df24\U0001df2b-\U0001df81\U0001df90-\U0001df96"
    r"\U0001dfcd-\U0001dfff\U0001e6c0-\U0001e6de\U0001e6e0-\U0001e6e2"
    r"\U0001e6e4-\U0001e6e5\U0001e6e7-\U0001e6ed\U0001e6f0-\U0001e6f4"
    r"\U0001e6fe-\U0001e6ff\U0002b73a-\U0002b73f\U0002b81e\U0002cea2-\U0002cead"
    r"\U000323b0-\U00033479\U0003d000-\U0003fc3f]"
)


def as_of_16(pattern: str) -> str:
    r"""The pattern with \p{L} and \p{N} as they were in Unicode 16."""
    for kind in (r"\p{L}", r"\p{N}"):
        pattern = pattern.replace(kind, rf"[{kind}--{NEW_CHARACTERS}]")
    return "(?V1)" + pattern


def find_all(pattern: str, text: str) -> list[str]:
    """regex.findall, the letters and digits being those of Unicode 16."""
    return regex.findall(pattern if text.isascii() else as_of_16(pattern), text)
