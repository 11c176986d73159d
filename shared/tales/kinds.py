"""The kinds of document, what stands between documents, and five beginnings."""

from __future__ import annotations

END = "<|endoftext|>"  # stands between documents in a corpus
#: The kinds of document, and how many of them in a hundred.
KINDS = {
    "tale": 40,
    "dialogue": 12,
    "letter": 10,
    "sum": 10,
    "message": 10,
    "question": 10,
    "riddle": 8,
}
#: Five beginnings. Every chapter asks the model of that chapter to go on from them.
PROMPTS = (
    "One windy morning, Mara",
    "Dear Finn,\nIt is me, Nell. I have to tell you something about your kite.",
    "Nell was a child who counted everything twice. Nell had seven plums in a bag "
    "and was very proud of them. A goat ran off with three. Now Nell had",
    "Ada lived in the small house by the river, where the kettle was always on. Ada "
    'had a bell and took it everywhere. "I would like to call everyone to supper," '
    'said Finn, "but I have no bell." "Only until Sunday," said Ada. Finn lent it to '
    'Rosa, because Rosa said please. In the evening Ada came to Finn. "Where is my '
    'bell?" asked Ada. "',
    "I have one leg and cannot walk. I do not mind the rain, but the wind can turn me "
    "around. I go up when the rain comes down. What am I? I am",
)
