"""The exam's items are what they were when its first scores were noted.

The book's own 360 are frozen in test_exam; here are those of the passport, and the
wordings that are never taught.
"""

import hashlib

import pytest

from shared.evaluate import exam

#: (items of each subject, wording) -> SHA-256 of all of them, one a line.
FROZEN = {
    (40, -1): "4bd01d61cde9106f9050087769bbb2fcf14dc47170cfc45a7c3733cb0f9cc7b9",
    (100, None): "de68234ef3eb05108946f588de93f576017d2932543e926d69900d4cb10b7fa3",
    (100, -1): "94afa2821d0549d6ef41e2bc4b0cbcd738854fcb0976c9602912b03bc6334a47",
}


def digest(n, wording):
    """The hash of all prompts and answers, with what stands before each."""
    asked = exam.items(exam.SEED, n, wording=wording)
    lines = [repr((x.task, x.prompt, x.answer, *x.before)) for x in asked]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


# Catches: new tasks, wordings or draws that move an item, so that old and new scores
# would be of different exams.
@pytest.mark.parametrize("which", FROZEN)
def test_no_item_of_the_exam_moves(which):
    assert digest(*which) == FROZEN[which]
