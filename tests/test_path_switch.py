"""The switch between everything and the path, in a real browser, on a planted book."""

from pathlib import Path

import browser
import looksite
import plantedbook
import pytest

pytestmark = pytest.mark.slow  # builds a small site with Jupyter Book
PAGE = "book/06_planted.html"
SEEN = "section.detour:visible"


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    return plantedbook.build(tmp_path_factory.mktemp("planted"))


def text(site: Path, page: str = PAGE) -> str:
    return (site / page).read_text("utf-8")


def test_the_tags_reach_the_page(site):
    page = text(site)
    assert page.count('<section class="detour"') == 2
    assert '<section class="detour" id="a-way-around">' in page
    assert 'The path goes on at <a href="#the-path-again">The path again</a>.' in page
    assert 'The path goes on at <a href="#the-end">The end</a>.' in page
    assert "This page has 2 detours." in page
    assert "everything (20 minutes)" in page and "only the path (14 minutes)" in page


def test_a_page_without_detours_has_no_switch(site):
    page = text(site, "book/07_plain.html")
    assert "blocks-path" not in page and "path.js" not in page


def test_the_map_of_chapters_tells_both(site):
    assert "14 minutes, all 20" in text(site, "book/index.html")


@pytest.fixture(scope="module")
def home(site):
    if why := browser.missing():
        pytest.skip(why)
    with looksite.served(site) as address:
        yield address


@pytest.fixture(scope="module")
def opened(home):
    with browser.started() as one:
        yield one


@pytest.fixture
def page(opened, home):
    """A tab of a new visitor, on the page with detours."""
    tab = browser.tab(opened, 1280, 900)
    tab.set_default_timeout(10_000)
    tab.goto(f"{home}/{PAGE}")
    yield tab
    tab.context.close()


def visible(page) -> int:
    return page.locator(SEEN).count()


def entries(page) -> list[str]:
    """What the page's table of contents shows."""
    links = page.locator(".page-toc a")
    every = [links.nth(i) for i in range(links.count())]
    return [link.inner_text().strip() for link in every if link.is_visible()]


def choose(page, words: str) -> None:
    page.get_by_role("radio", name=words).check()


def test_everything_is_shown_to_a_new_visitor(page):
    assert visible(page) == 2
    assert page.get_by_role("radio", name="everything").is_checked()
    assert "A way around" in entries(page)


def test_the_path_hides_detours_and_their_entries(page):
    choose(page, "path")
    assert visible(page) == 0
    assert page.get_by_text("Zanzibar").is_hidden()
    assert page.get_by_text("Words of the path").is_visible()
    assert entries(page) == ["On the path", "The path again", "The end"]
    choose(page, "everything")
    assert visible(page) == 2 and "Deep inside" in entries(page)


def test_the_switch_works_by_keyboard_and_tells_its_state(page):
    group = page.get_by_role("group", name="This page has 2 detours. Show")
    for _ in range(80):
        page.keyboard.press("Tab")
        if group.locator(":focus").count():
            break
    assert group.locator("input:focus").get_attribute("value") == "all"
    page.keyboard.press("ArrowDown")
    assert group.get_by_role("radio", name="path").is_checked()
    assert visible(page) == 0
    assert page.get_by_role("status").inner_text() == "2 detours are hidden."
    page.keyboard.press("ArrowUp")
    assert page.get_by_role("status").inner_text() == "Everything is shown."


def test_the_choice_is_remembered(page, home):
    choose(page, "path")
    page.goto(f"{home}/book/07_plain.html")
    page.goto(f"{home}/{PAGE}")
    assert visible(page) == 0
    assert page.get_by_role("radio", name="path").is_checked()


def test_another_window_follows(page, home):
    other = page.context.new_page()
    other.goto(f"{home}/{PAGE}")
    choose(page, "path")
    other.wait_for_function("!document.querySelector('section.detour').checkVisibility()")
    assert other.get_by_role("radio", name="path").is_checked()


@pytest.mark.parametrize("anchor", ["a-way-around", "deep-inside"])
def test_a_link_into_a_hidden_detour_opens_it(page, home, anchor):
    choose(page, "path")
    page.goto(f"{home}/book/index.html")
    page.goto(f"{home}/{PAGE}#{anchor}")
    assert page.get_by_text("Zanzibar").is_visible()
    assert visible(page) == 1
    page.wait_for_function(f"document.activeElement.closest('#{anchor}')")
    top = page.locator(f"#{anchor}").bounding_box()["y"]
    assert -50 < top < 900
    assert page.get_by_role("status").inner_text() == "1 detour is hidden."
    assert page.get_by_role("radio", name="path").is_checked()  # still the choice


def test_a_link_of_the_page_itself_opens_a_detour_each_time(page):
    page.evaluate(
        "document.querySelector('article h1').insertAdjacentHTML('afterend', "
        "'<a href=\"#deep-inside\">down there</a>')"
    )
    choose(page, "path")
    for _ in range(2):
        page.get_by_role("link", name="down there").click()
        page.wait_for_function("document.querySelector('#deep-inside').checkVisibility()")
        choose(page, "everything")
        choose(page, "path")
        assert visible(page) == 0


def test_a_search_opens_the_detour_that_has_the_word(page, home):
    choose(page, "path")
    page.goto(f"{home}/search.html?q=pangolin")
    page.locator("#search-results li a").first.click()
    page.get_by_text("pangolin").wait_for(state="visible")
    assert visible(page) == 1


def test_a_page_of_another_folder_leads_into_a_detour(page, home):
    choose(page, "path")
    page.goto(f"{home}/book/index.html")
    page.get_by_role("link", name="the midst of a detour").click()
    page.get_by_text("pangolin").wait_for(state="visible")


def test_without_a_script_all_is_read_and_no_switch_is_there(opened, home):
    context = opened.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{home}/{PAGE}")
    assert visible(page) == 2
    assert page.get_by_text("A detour of about 1 minute.").is_visible()
    assert page.locator("fieldset.blocks-path").is_hidden()
    context.close()


def test_where_nothing_may_be_stored_the_switch_works_for_the_page(opened, home):
    page = browser.tab(opened, 1280, 900)
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() {throw new Error('no')}})"
    )
    page.goto(f"{home}/{PAGE}")
    choose(page, "path")
    assert visible(page) == 0
    page.context.close()


@pytest.mark.parametrize("view", looksite.CROSSED, ids=str)
def test_the_page_is_sound_in_both_states(opened, home, view):
    page = browser.tab(opened, *view)
    log = browser.Log(page)
    for words in ("everything", "path"):
        log.clear()  # axe asks for styles itself
        browser.go(page, f"{home}/{PAGE}")
        choose(page, words)
        assert log.problems(home) + looksite.look(page, view.dark, judged=True) == []
    page.context.close()
