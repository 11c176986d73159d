"""Gates over the blocks of the book: one definition each, and none used too early.

Each gate takes the repository's root and returns its findings as sentences.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import blocks
import notebooks
from uses import is_defined, uses

# Files, by room, whose public names the chapters build. A name of one of them that no
# chapter builds may not be used in a chapter, nor one before the chapter that builds
# it, unless it stands in HELPERS with the reason.
FILES = {
    "tokenizer": ("merges", "small_bpe", "bpe", "template"),
    "data": ("rows",),
    "model": (
        *("gpt", "attention", "positions", "mlps", "cache", "costs", "heads", "modes"),
    ),
    "checkpoint": ("int8",),
    "evaluate": ("losses", "skills", "prices", "duplicates", "exam"),
    "generate": ("sampling", "answering"),
    "train": ("first_network", "optimizers", "recipe", "loop"),
    "finetune": ("classifier", "assistant", "preferences", "rewards"),
    "runs": ("recipes",),
}
TAUGHT = {f"{room}.{file}" for room, files in FILES.items() for file in files}
TABLE = "a table of parts, which a chapter fills with what it builds"
ADDS_UP = "adds up prices that chapter 07 computes by hand, for texts of any length"
HELPERS: dict[str, str] = {
    "tokenizer.bpe.BPETokenizer": (
        "SmallBPE of chapter 02, which proves them equal, with a memory and files"
    ),
    "tokenizer.merges.byte_order": "GPT-2's table; a detour of chapter 02 builds it",
    "tokenizer.merges.split_words": "one call, regex.findall with chapter 02's pattern",
    "tokenizer.bpe.load_gpt2": (
        "reads files of GPT-2's own format; the extra path uses it"
    ),
    "model.attention.DecoderAttention": (
        "chapter 05's attention with more settings; chapter 08 extends it"
    ),
    "model.attention.ATTENTION": TABLE,
    "model.positions.POSITIONS": TABLE,
    "model.mlps.ACTIVATIONS": TABLE,
    "model.mlps.MLPS": TABLE,
    "model.decoder.Decoder": "chapter 06's GPT with tables; chapter 08 shows how",
    "model.cache.KeyValues": "stands in signatures until chapter 14 builds it",
    "train.optimizers.make_optimizers": (
        "gives each parameter to its optimizer, by the recipe"
    ),
    "train.optimizers.split_for_muon": "sorts parameters; chapter 08 says by what",
    "train.optimizers.MuonRecipe": "chapter 07's recipe with one more rate",
    "runs.recipes.BASE": "the config that chapter 08 argues for, kept in one place",
    "runs.recipes.SHORT_RUN": (
        "the recipe that chapter 08 argues for, kept in one place"
    ),
    "train.recipe.check_recipe": "checks a recipe's fields",
    "data.rows.count_targets": "counts the targets that are not IGNORE",
    "data.rows.IGNORE": "a number",
    "data.rows.Rows": "a name for a pair of tensors",
    "evaluate.skills.SKILLS": "the names of the skills",
    "evaluate.skills.SkillTest": "a record of the test's rows",
    "evaluate.skills.kind_of": "sorts words by kind",
    "train.optimizers.OPTIMIZERS": TABLE,
    "train.optimizers.fused_adamw": "torch's AdamW, in its fused form where it can",
    "evaluate.losses.measure_parts": "evaluates, as chapter 07's mean_loss does",
    "finetune.classifier.balanced": "draws messages, as many of spam as honest ones",
    "finetune.classifier.unsigned": "cuts off a text's last line",
    "finetune.classifier.wilson": (
        "the path prints intervals; a detour of chapter 09 works one out and builds it"
    ),
    "evaluate.prices.bill": ADDS_UP,
    "evaluate.prices.loss": ADDS_UP,
    "evaluate.prices.price": ADDS_UP,
    "tokenizer.template.MARKS": "three words",
    "evaluate.duplicates.check_search": "checks the arguments of a search",
    "runs.recipes.CHAT_RUN": "how the shipped assistant was taught, kept in one place",
    "runs.recipes.DPO_RUN": "how the shipped model learned, kept in one place",
    "runs.recipes.GRPO_RUN": "how the shipped model learned, kept in one place",
    "finetune.preferences.Pair": "a record of a prompt and two answers",
    "finetune.preferences.pair_rows": (
        "chapter 10's chat_rows, once for each side of the pairs"
    ),
    "finetune.rewards.Reward": "a name for a kind of function",
    "finetune.rewards.right": "one or nought, as lessons.is_right says",
    "evaluate.exam.SEED": "a number",
    "evaluate.exam.SUBJECTS": "the names of the subjects",
    "evaluate.exam.CHOOSABLE": "the names of subjects with four options",
    "evaluate.exam.items": "draws lessons that are not taught",
    "evaluate.exam.answers": "asks a model, each in the way that it knows",
    "evaluate.exam.as_document": "words a question as the tales do",
    "evaluate.exam.answer_row": "an answer's tokens after its question's",
    "evaluate.exam.marks": "compares answers with the right ones",
    "evaluate.exam.by_subject": "sorts marks",
    "evaluate.exam.options": "draws wrong answers of the same kind",
    "evaluate.exam.check_marks": "checks marks",
    "checkpoint.int8.check_matrix": "checks a matrix",
}
# The chapter that shows the finished machine before any of it is built.
SHOWROOM = "00"


def wrong_tags(root: Path) -> list[str]:
    """Find tags that name nothing, doubled tags, and tags outside the chapters."""
    found, places = [], defaultdict(list)
    in_chapters = set(notebooks.chapters(root).values())
    for item in blocks.tagged(notebooks.pages(root)):
        if item.path not in in_chapters:
            found.append(
                f"{item.place}: the tag shared:{item.name} stands outside the chapters"
            )
            continue
        if len(blocks.block_tags(item.cell)) > 1:
            found.append(f"{item.place}: one cell carries one shared: tag")
        places[item.name].append(item.place)
        try:
            blocks.find(root, item.name)
            blocks.check_cell(item)
        except blocks.BlockError as error:
            found.append(f"{item.place}: tag shared:{item.name}: {error}")
    for name, cells in places.items():
        if len(cells) > 1:
            found.append(f"shared:{name} stands in several cells: {'; '.join(cells)}")
    return found


def drift(root: Path) -> list[str]:
    """Find tagged cells that differ from shared/; each finding is a unified diff."""
    found = []
    for item in blocks.tagged(list(notebooks.chapters(root).values())):
        try:
            found.append(blocks.compare(root, item))
        except blocks.BlockError:
            continue  # wrong_tags reports it
    return [diff for diff in found if diff]


def second_definitions(root: Path) -> list[str]:
    """Find names of blocks that another cell or another module defines again."""
    items = blocks.tagged(list(notebooks.chapters(root).values()))
    taught = {}
    for item in items:
        try:
            module, inner = blocks.split_name(root, item.name)
        except blocks.BlockError:
            continue
        if len(inner) == 1:
            taught[inner[0]] = (item, module)
    found = []
    for path in notebooks.pages(root):
        cells = notebooks.code_cells(notebooks.read(path))
        for position, cell in enumerate(cells, start=1):
            if blocks.VARIANT in notebooks.tags(cell) or blocks.block_tags(cell):
                continue
            for name in sorted(set(blocks.defined_in(cell)) & taught.keys()):
                item = taught[name][0]
                found.append(
                    f"{notebooks.label(path)}, code cell {position} defines {name!r} "
                    f"again; it is built in {item.place} (tag an earlier version "
                    f"`{blocks.VARIANT}`, or give it another name)"
                )
    return found + second_in_modules(root, taught)


def second_in_modules(root: Path, taught: dict) -> list[str]:
    """Find names of blocks that shared/ defines more than once."""
    found = []
    for module, tree in blocks.modules(root).items():
        path = blocks.module_path(root, module) if module else None
        names = [name for node in tree.body for name in blocks.names_of(node)]
        for name in sorted(taught.keys() & set(names)):
            item, home = taught[name]
            if path != home:
                found.append(
                    f"shared/{module.replace('.', '/')}.py defines {name!r} again; "
                    f"the book's is shared:{item.name}"
                )
            elif names.count(name) > 1:
                where = notebooks.label(home, root)
                found.append(f"{where} defines {name!r} more than once")
    return found


# --- use before the chapter that builds ------------------------------------------


def early_uses(root: Path) -> list[str]:
    """Find blocks that a page uses before the cell that builds them."""
    homes: dict[str, tuple[str, int]] = {}
    for item in blocks.tagged(list(notebooks.chapters(root).values())):
        parts = item.name.split(".")
        for name in (item.name, ".".join(parts[:-1])):
            here = (notebooks.number(item.path), item.position)
            homes[name] = min(here, homes.get(name, here))
    trees, found = blocks.modules(root), []
    in_chapters = set(notebooks.chapters(root).values())
    for path in notebooks.pages(root):
        page = notebooks.number(path)
        if page in ("", SHOWROOM):
            continue
        for position, used, name in uses(trees, notebooks.read(path)):
            # Exercises and solutions come after the whole of their chapter.
            here = (page, position if path in in_chapters else 10**6)
            what = f"{notebooks.label(path)}, code cell {position} uses shared.{used}"
            if name in homes and homes[name] >= here and name not in HELPERS:
                chapter, cell = homes[name]
                found.append(
                    f"{what}, which is built in chapter {chapter}, code cell {cell}"
                )
            elif name not in homes and unbuilt(name):
                found.append(
                    f"{what}, which no chapter builds; tag its cell, or name it with "
                    "a reason among HELPERS in tests/tools/order.py"
                )
            elif not is_defined(trees, name):
                found.append(
                    f"{what}, which cannot be traced to the file that defines it; a "
                    "room offers its names by `offers` or by imports"
                )
    return found


def unbuilt(name: str) -> bool:
    """Say whether a name needs a chapter that builds it."""
    return name.rpartition(".")[0] in TAUGHT and name not in HELPERS


GATES = (wrong_tags, drift, second_definitions, early_uses)
