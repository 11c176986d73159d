"""The repository's address: written everywhere or nowhere, and every copy found."""

import address
import notebooks
import pytest
import sync


@pytest.fixture
def published(tree):
    """Return a small repository whose README and page hold the address."""
    tree.page("01_guess", "# Guess", "1 + 1")
    old = address.current(tree.root)[0]
    owner, name = old.split("/")
    readme = (
        f"[site](https://{owner.lower()}.github.io/{name}/) and "
        f"[code](https://github.com/{old}) of {old}-kit\n"
        "<!-- chapters: begin -->\n<!-- chapters: end -->\n"
    )
    (tree.root / "README.md").write_text(readme, "utf-8")
    sync.repair(tree.root)
    return tree


def test_a_new_address_is_written_everywhere(published, capsys):
    root = published.root
    old = address.current(root)[0]
    assert address.main(["Ada-L/model_book"], root) == 0
    assert address.current(root)[0] == "Ada-L/model_book"
    readme = (root / "README.md").read_text("utf-8")
    assert "https://ada-l.github.io/model_book/" in readme
    assert f"{old}-kit" in readme
    assert "colab.research.google.com/github/Ada-L/model_book/blob/" in readme
    assert sync.problems(root) == []
    for path in notebooks.pages(root):
        first = notebooks.code_cells(notebooks.read(path))[0].source
        assert "github.com/Ada-L/model_book" in first
        assert 'Path("model_book-v' in first
    capsys.readouterr()
    assert address.main([], root) == 0
    assert capsys.readouterr().out == "Ada-L/model_book\n"


@pytest.mark.parametrize(
    "new",
    [
        "",
        "ada",
        "https://github.com/ada/book",
        "ada-/book",
        "a--b/book",
        "ada/..",
        "a/b c",
    ],
)
def test_a_malformed_address_changes_nothing(published, new, capsys):
    before = address.current(published.root)
    assert address.main([new], published.root) == 1
    assert address.current(published.root) == before
    assert "is not OWNER/NAME" in capsys.readouterr().err


def test_an_address_is_written_everywhere_or_nowhere(published, monkeypatch):
    before = {p: p.read_bytes() for p in published.root.rglob("*") if p.is_file()}
    real, calls = notebooks.write, []

    def failing(path, text):
        calls.append(path)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        return real(path, text)

    monkeypatch.setattr(notebooks, "write", failing)
    assert address.main(["ada/book"], published.root) == 1
    after = {p: p.read_bytes() for p in published.root.rglob("*") if p.is_file()}
    assert after == before


@pytest.mark.parametrize(
    "copy",
    [
        "https://github.com/somebody/{name}/issues",
        "https://somebody.github.io/{name}/",
        "https://github.com/{owner}/{name}/blob/v0.0.9/README.md",
        "https://colab.research.google.com/github/somebody/{name}/blob/main/x.ipynb",
    ],
)
def test_a_copy_of_another_address_is_found(published, copy):
    owner, name = address.current(published.root)[0].split("/")
    text = copy.format(owner=owner, name=name)
    (published.book / "page.md").write_text(text, "utf-8")
    assert "book/page.md has the address" in "\n".join(sync.problems(published.root))
