"""The passport: stamps are compared, written whole or not at all, and shown."""

import pytest

from shared import contents
from shared.checkpoint import passport


def test_a_stamp_is_compared_with_the_shipped_one(tmp_path, capsys):
    path = tmp_path / "passport.json"
    passport.write({"01": {"floor": 0.305, "words": 10}}, path)
    assert passport.stamp("01", path, floor=0.3051, words=10)
    assert "floor: 0.305 (agrees)" in capsys.readouterr().out
    assert not passport.stamp("01", path, floor=0.4, words=10)
    assert not passport.stamp("01", path, floor=0.305, words=11)
    assert not passport.stamp("01", path, other="x")
    assert "the passport says nothing" in capsys.readouterr().out


def test_stamps_are_written_only_on_request(tmp_path, monkeypatch):
    path = tmp_path / "passport.json"
    assert not passport.stamp("02", path, size=1024)
    assert not path.exists()
    monkeypatch.setenv("BLOCKS_STAMP", "write")
    assert passport.stamp("02", path, size=1024)
    assert passport.read(path) == {"02": {"size": 1024}}


def test_models_and_stamps_do_not_overwrite_each_other(tmp_path):
    path = tmp_path / "passport.json"
    assert passport.models(path) == {}
    passport.write({"01": {"a": 1}}, path)
    passport.note_model("base", path, sha256="ab", seed=1)
    passport.note_model("chat", path, sha256="cd")
    passport.note_model("base", path, sha256="ef")
    passport.write({"01": {"a": 2}}, path)
    assert passport.read(path) == {"01": {"a": 2}}
    assert passport.models(path) == {"base": {"sha256": "ef"}, "chat": {"sha256": "cd"}}


def test_a_failed_write_leaves_the_old_passport(tmp_path):
    path = tmp_path / "passport.json"
    passport.write({"01": {"a": 1}}, path)
    with pytest.raises(TypeError):
        passport.write({"01": {"a": object()}}, path)
    assert passport.read(path) == {"01": {"a": 1}}
    assert [p.name for p in tmp_path.iterdir()] == ["passport.json"]


@pytest.mark.parametrize("text", ["{", "[]", '{"stamps": {"01": 3}}', '{"other": 1}'])
def test_a_broken_passport_says_what_to_do(tmp_path, text):
    path = tmp_path / "passport.json"
    path.write_text(text, "utf-8")
    with pytest.raises(passport.PassportError, match="git checkout"):
        passport.read(path)


def test_an_unknown_chapter_is_named():
    with pytest.raises(ValueError, match="no chapter '99'"):
        passport.stamp("99", title="A page", a=1)


def test_the_page_shows_what_is_still_empty(tmp_path):
    path = tmp_path / "passport.json"
    passport.write({"00": {"seed": 1}}, path)
    page = passport.show(path)
    assert "seed 1" in repr(page) and "no stamp yet" in repr(page)
    assert page._repr_html_().count("<tr>") == 1 + len(contents.chapters())


def test_a_stamp_has_a_title_of_its_own_or_the_chapters(tmp_path, monkeypatch, capsys):
    path = tmp_path / "passport.json"
    monkeypatch.setenv("BLOCKS_STAMP", "write")
    assert passport.stamp("01", path, title="The ladder", die=7.1)
    assert passport.stamp("00", path, seed=1)
    out = capsys.readouterr().out
    assert "Stamp of chapter 01: the ladder" in out and "title" not in out
    first = contents.chapters()[0].title
    assert f"Stamp of chapter 00: {first.lower()}" in out
    assert "01  The ladder: die 7.1" in repr(passport.show(path))
    assert f"00  {first}: seed 1" in repr(passport.show(path))
    assert passport.summary("05", path).endswith(f"{first.lower()}, the ladder.")
    monkeypatch.delenv("BLOCKS_STAMP")
    assert not passport.stamp("01", path, title="The stairs", die=7.1)
    assert "title: The stairs (the passport says The ladder)" in capsys.readouterr().out


def test_a_summary_without_a_passport_raises(tmp_path):
    with pytest.raises(passport.PassportError, match="passport.json is missing"):
        passport.summary("01", tmp_path / "passport.json")
