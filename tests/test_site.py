"""The built site keeps its promises; each check is shown a fault that it catches."""

import functools
import os
import re
import shutil
import struct
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "tools"))

import browser  # noqa: E402 (the path above comes first)
import checksite  # noqa: E402
import looksite  # noqa: E402

SITE = Path(os.environ.get("BLOCKS_SITE", ROOT / "_build" / "html"))
PAGE = """<!DOCTYPE html><html lang="en" data-theme="light"><head><title>T</title>
<link rel="canonical" href="https://example.org/x.html" />
<link rel="icon" href="data:," /></head>
<body style="background:#fff;color:#111"><main><h1 id="top">T</h1>{body}</main>
<script>{script}
const dark = matchMedia("(prefers-color-scheme: dark)").matches;
document.documentElement.dataset.theme = dark ? "dark" : "light";</script>
</body></html>"""


@functools.cache
def built() -> checksite.Site:
    """The site, parsed once, or a skip that says how to get it."""
    if not (SITE / "index.html").exists():
        pytest.skip(f"no site in {SITE}; python3 course.py site builds it")
    return checksite.Site(SITE)


def need_browser() -> None:
    """Skip with one line where pages cannot be opened."""
    if what := browser.missing():
        pytest.skip(what)


@pytest.fixture
def small(tmp_path):
    """Make a site of two pages, the first with the given body."""

    def make(body: str = "") -> Path:
        (tmp_path / "book").mkdir(exist_ok=True)
        (tmp_path / "_static").mkdir(exist_ok=True)
        for name, text in (("a", body), ("b", "")):
            page = PAGE.format(body=text, script="")
            (tmp_path / "book" / f"{name}.html").write_text(page, "utf-8")
        return tmp_path

    return make


@pytest.mark.parametrize("rule", checksite.Site.RULES, ids=lambda rule: rule.__name__)
def test_site(rule):
    site = built()
    assert site.book(), "the site has no page of the book"
    assert list(rule(site)) == []


FAULTS = {
    "remote image": ("loads_nothing_remote", '<img src="https://e.org/a.png">'),
    "remote image, no scheme": ("loads_nothing_remote", '<img src="//e.org/a.png">'),
    "remote script": ("loads_nothing_remote", '<script src="https://e.org/a.js">'),
    "remote frame": ("loads_nothing_remote", '<iframe src="https://e.org/"></iframe>'),
    "remote style": (
        "loads_nothing_remote",
        '<link rel="stylesheet" href="https://e.org/a.css">',
    ),
    "remote font in a style": (
        "loads_nothing_remote",
        "<style>@font-face{src:url('https://e.org/f.woff2')}</style>",
    ),
    "remote ground in an attribute": (
        "loads_nothing_remote",
        '<p style="background:url(https://e.org/a.png)">x</p>',
    ),
    "one of several sizes is remote": (
        "loads_nothing_remote",
        '<img alt="a" src="b.html" srcset="b.html 1x, https://e.org/a.png 2x">',
    ),
    "link to no file": ("links_lead_somewhere", '<a href="missing.html">x</a>'),
    "link to no anchor": ("links_lead_somewhere", '<a href="b.html#nowhere">x</a>'),
    "no anchor on the page itself": ("links_lead_somewhere", '<a href="#no">x</a>'),
    "missing picture": ("links_lead_somewhere", '<img alt="x" src="gone.svg">'),
    "no alternative text": ("pictures_are_described", '<img src="b.html">'),
    "empty alternative text": ("pictures_are_described", '<img alt=" " src="b.html">'),
    "file name for a text": (
        "pictures_are_described",
        '<img alt="../_images/09d42a6b56a3263f81f511a214bc789d.svg" src="b.html">',
    ),
    "no search index": ("search_knows_each_page", ""),
    "no preview": ("previews_are_whole", ""),
    "no links home": ("buttons_lead_home", ""),
    "Colab at another branch": (
        "buttons_lead_home",
        f'<a href="{checksite.COLAB.replace(checksite.RELEASE, "main")}a.ipynb">x</a>',
    ),
    "a model without its script": ("models_can_answer", '<div class="talk"></div>'),
    "a script without a model": (
        "models_can_answer",
        '<script src="../_static/model/page.js"></script>',
    ),
    "a model whose weights are missing": (
        "models_can_answer",
        '<div class="talk"></div>'
        '<script src="../_static/model/page.js" data-models="base:1:2"></script>',
    ),
    "heavy page": ("pages_are_light", "x" * (checksite.HEAVIEST + 1)),
}


@pytest.mark.parametrize("name", FAULTS)
def test_planted_fault_is_caught(name, small):
    rule, body = FAULTS[name]
    site = checksite.Site(small(body))
    assert any("a.html" in line or ".js" in line for line in getattr(site, rule)())


def test_a_model_with_all_its_files_passes(small):
    told = 'src="../_static/model/page.js?v=1" data-models="base:1:2"'
    site = small(f'<div class="talk"><p>x</p></div><script {told}></script>')
    folder = site / "_static" / "model"
    shutil.copytree(ROOT / "book" / "_static" / "model", folder)
    (folder / "weights").mkdir()
    (folder / "weights" / "base.js").write_text("")
    assert list(checksite.Site(site).models_can_answer()) == []
    (folder / "look.js").unlink()
    found = list(checksite.Site(site).models_can_answer())
    assert found == ["book/a.html: _static/model/look.js is missing"]


@pytest.mark.parametrize(
    "body",
    [
        '<a href="https://example.org/">a link to click loads nothing</a>',
        '<a href="b.html#top">x</a><a href="#top">y</a><a href="mailto:a@b.c">z</a>',
        '<img alt="Bars that shrink" src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">',
    ],
)
def test_what_is_right_passes(body, small):
    site = checksite.Site(small(body))
    rules = "loads_nothing_remote", "links_lead_somewhere", "pictures_are_described"
    assert [line for rule in rules for line in getattr(site, rule)()] == []


def test_an_empty_folder_is_a_problem(tmp_path):
    assert "no page of the book" in checksite.Site(tmp_path).problems()[0]


def test_remote_style_sheet_content_is_caught(small):
    folder = small()
    (folder / "_static" / "a.css").write_text('@import "https://e.org/b.css";')
    found = list(checksite.Site(folder).loads_nothing_remote())
    assert found == ["_static/a.css: loads https://e.org/b.css from elsewhere"]


def kinds(site: checksite.Site) -> list[str]:
    """One page of each kind; of chapters the smallest one that has formulas."""
    names = {site.name(page.path): page for page in site.book()}
    formulas = [n for n, p in names.items() if any("mathjax" in a for a in p.loads)]
    folders = ("book/[0-9]", "book/exercises/", "book/solutions/", "book/appendix_g")
    found = ["book/index.html", "search.html"]
    for start in folders:
        of_kind = [n for n in names if re.match(start, n)]
        of_kind = [n for n in of_kind if n in formulas] or of_kind
        found.append(min(of_kind, key=lambda name: names[name].path.stat().st_size))
    return found


def test_two_pages_in_a_browser():
    """The front page and one with code, figures and formulas: quick, for each day."""
    need_browser()
    site = built()
    front, _, chapter, *_ = kinds(site)
    assert looksite.problems(site.folder, [front, chapter]) == []


@pytest.mark.slow
def test_each_kind_of_page_is_accessible_in_every_view():
    need_browser()
    site, views = built(), looksite.VIEWS
    assert looksite.problems(site.folder, kinds(site), views, views) == []


@pytest.mark.slow
@pytest.mark.parametrize("view", looksite.VIEWS, ids=str)
def test_every_page_in_a_browser(view):
    need_browser()
    site = built()
    names = [site.name(page.path) for page in site.book()]
    assert names, "the site has no page of the book"
    assert looksite.problems(site.folder, names, [view]) == []


def test_the_site_works_from_files():
    """Opened from a folder: the redirect to the book, its styles, its formulas."""
    need_browser()
    site = built()
    with browser.started() as opened:
        page = browser.tab(opened, *looksite.DESK)
        log = browser.Log(page)
        page.goto((site.folder / "index.html").as_uri())
        page.wait_for_url("**/book/index.html")
        for name in kinds(site)[2:]:
            browser.go(page, (site.folder / name).as_uri())
            assert page.evaluate(looksite.FORMULAS) == ""
        assert log.problems(site.folder.as_uri()) == []


def test_search_finds_a_word():
    need_browser()
    site = built()
    with looksite.served(site.folder) as home, browser.started() as opened:
        page = browser.tab(opened, *looksite.DESK)
        log = browser.Log(page)
        page.goto(f"{home}/search.html?q=troubleshooting")
        page.wait_for_selector("#search-results li a")
        found = page.inner_text("#search-results")
        assert log.problems(home) == []
    assert "troubleshooting" in found


SEEN = {
    "asks http://192.0.2.1/a.png": {"body": '<img src="http://192.0.2.1/a.png">'},
    "asks http://192.0.2.1/b": {"script": "fetch('http://192.0.2.1/b').catch(e => 0)"},
    "pixels wide": {"body": "<div style='width:2000px;height:9px'></div>"},
    "formulas are not drawn": {"body": '<span class="math">x^2</span>'},
    "script error": {"script": "setTimeout(() => { missing() }, 1);"},
    "console: sorry": {"script": "console.error('sorry');"},
    "error 404": {"body": '<img src="gone.png">'},
    "color-contrast": {"body": "<p style='color:#ccc'>Hardly to be read</p>"},
    ">faint</span>": {"body": "<pre class='highlight'><span>one</span><span>more</span>"
                   "<span style='color:#bbb'>faint</span></pre>"},
    "label (1 times)": {"body": "<input type='text'>"},
    "button-name": {"body": "<button></button>"},
    "image-alt": {"body": "<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>"},
    "html-has-lang": {"script": "document.documentElement.lang = '';"},
    "shown in": {"script": "addEventListener('load', () => "
                 "document.documentElement.dataset.theme = 'sepia');"},
}  # fmt: skip


@pytest.fixture(scope="module")
def faults_seen(tmp_path_factory):
    """Problems that a browser sees on a page per planted fault, and on one without."""
    need_browser()
    folder = tmp_path_factory.mktemp("faults")
    for number, fault in enumerate([*SEEN.values(), {}]):
        page = PAGE.format(**{"body": "", "script": ""} | fault)
        (folder / f"{number}.html").write_text(page, "utf-8")
    names = [f"{number}.html" for number in range(len(SEEN) + 1)]
    views = [looksite.View(390, 600, dark) for dark in (False, True)]
    return looksite.problems(folder, names, views, views)


@pytest.mark.parametrize("expected", SEEN)
def test_browser_sees_planted_fault(expected, faults_seen):
    number = list(SEEN).index(expected)
    lines = [line for line in faults_seen if line.startswith(f"{number}.html")]
    for colours in ("light", "dark"):
        seen = [line for line in lines if expected in line and colours in line]
        assert seen, f"not seen in {colours}: {lines}"


def test_browser_sees_no_fault_where_none_is(faults_seen):
    assert [line for line in faults_seen if line.startswith(f"{len(SEEN)}.")] == []


def test_the_committed_drawings_are_what_the_code_draws():
    sys.path.insert(0, str(ROOT / "book" / "figures"))
    import draw_logo

    for name, draw in draw_logo.DRAWINGS.items():
        committed = (ROOT / "book" / "_static" / name).read_text("utf-8")
        assert draw() == committed, f"run book/figures/draw_logo.py for {name}"


def test_icon_fonts_hold_every_icon_of_the_theme():
    sys.path.insert(0, str(ROOT / "book" / "figures"))
    import subset_icons

    kept = {int(line, 16) for line in subset_icons.LIST.read_text("utf-8").split()}
    assert subset_icons.codes() == kept, "run book/figures/subset_icons.py again"


def test_fonts_and_mathematics_carry_their_licences():
    for folder in ("fonts", "vendor/mathjax"):
        held = {path.name for path in (ROOT / "book" / "_static" / folder).iterdir()}
        assert any(name.startswith("LICENSE") for name in held), folder


def test_shots_says_what_is_missing(tmp_path, capsys, monkeypatch):
    import shots

    arguments = ["shots.py", str(tmp_path / "out"), "--site", str(tmp_path / "none")]
    monkeypatch.setattr(sys, "argv", arguments)
    monkeypatch.setattr(browser, "missing", lambda: "")
    assert shots.main() == 1
    assert "course.py site" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


def test_without_a_browser_one_clear_line_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("BLOCKS_CHROME", *browser.DRIVES):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(browser, "MAC", str(tmp_path / "none"))
    told = "no Chromium, Chrome or Edge is installed here"
    assert browser.find() is None and browser.missing() == told
    with pytest.raises(RuntimeError, match=told), browser.started():
        pass


def test_without_the_tests_packages_one_clear_line_says_so(monkeypatch):
    monkeypatch.setenv("BLOCKS_CHROME", sys.executable)
    monkeypatch.setattr(browser, "PACKAGES", ("playwright", "no_such_package"))
    told = "no_such_package is missing; tests/requirements-dev.txt names what to get"
    assert browser.missing() == told


def test_shots_takes_pictures(small, tmp_path, monkeypatch):
    need_browser()
    import shots

    folder, out = small("<div style='height:1500px'>x</div>"), tmp_path / "out"
    (folder / "index.html").write_text("", "utf-8")
    arguments = ["shots.py", str(out), "book/a", "--site", str(folder)]
    monkeypatch.setattr(sys, "argv", [*arguments, "--only", "390"])
    assert shots.main() == 0
    names = sorted(path.name for path in out.iterdir())
    assert names == ["book-a-390-dark.png", "book-a-390-light.png"]
    wide, high = struct.unpack(">II", (out / names[0]).read_bytes()[16:24])
    assert wide == 780 and high > 3000, "a telephone's pixels are half as large"
