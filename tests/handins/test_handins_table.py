"""The table of a dry run, as a teacher sees it on a terminal of 80 columns."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from grader.handins import ClassFolder, HandIn, Person, Piece, texts
from grader.handins.table import render
from kit.text import Text

WHY = Text("交了多次，以较新的为准。" * 3, "Handed in more than once, the newer one counts. " * 3)


def hand_in(number: int, **more: object) -> HandIn:
    pieces = tuple(Piece(f"很长的文件名{i}_{'x' * 40}.py", Path("x"), None, 1) for i in range(7))
    values: dict[str, object] = {
        "id": f"moodle-{number}",
        "people": (Person(f"00230{number}", "张三" * 9),),
        "pieces": pieces,
        "layout": "moodle",
        "submitted_at": datetime(2026, 4, 2, 4, 5, tzinfo=UTC),
        "late": bool(number % 2),
        "reasons": (WHY,),
    }
    return HandIn(**{**values, **more})  # type: ignore[arg-type]


CLASS = ClassFolder(
    "moodle",
    (hand_in(1), hand_in(2, people=(Person("", "evil\x1b[2J\nname\u202e"),), pieces=())),
    missing=(Person("0023009", "李四"),),
    superseded=(hand_in(3),),
    notices=(Text("名单.csv 不属于任何人。", "list.csv belongs to nobody."),),
)


def shown(found: ClassFolder, lang: str, *, terminal: bool, width: int = 80) -> str:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=terminal, width=width, color_system=None)
    render(found, console, lang)
    return stream.getvalue()


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "log"])
def test_the_table_fits_and_shows_everything(lang: str, terminal: bool) -> None:
    text = shown(CLASS, lang, terminal=terminal)
    words = {
        "zh": [
            "学生",
            "迟交",
            "名单上未提交的学生（1 人）",
            "较早的提交",
            "注意",
            "（没有文件）",
            "+3",
        ],
        "en": [
            "Student",
            "Late",
            "nothing handed in (1)",
            "Earlier",
            "Notices",
            "(no files)",
            "+3",
        ],
    }[lang]

    assert max(cell_len(line) for line in text.splitlines()) <= 80
    assert all(word in text for word in (*words, "0023009 李四", "2026-04-02", "moodle-2"))


def test_control_characters_are_written_out() -> None:
    text = shown(CLASS, "en", terminal=False, width=120)

    assert "evil\\x1b[2J" in text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_columns_without_news_are_left_out() -> None:
    plain = ClassFolder("plain", (hand_in(1, submitted_at=None, late=None),))
    text = shown(plain, "en", terminal=False)

    assert "Late" not in text
    assert "Attempt" not in text
    assert "Notices" not in text


def test_markup_in_a_name_is_only_text() -> None:
    named = ClassFolder("plain", (hand_in(1, people=(Person("", "[red]x[/red] :smile:"),)),))

    assert "[red]x[/red]" in shown(named, "en", terminal=False)


def test_an_empty_class() -> None:
    assert "0 hand-ins" in shown(ClassFolder("plain", ()), "en", terminal=False)


def test_a_hand_in_that_is_a_folder_is_shown_with_the_folders_name(tmp_path: Path) -> None:
    def pieces(top: Path, *names: str) -> tuple[Piece, ...]:
        return tuple(Piece(name, top / name, None, 1) for name in names)

    own = hand_in(1, pieces=pieces(tmp_path / "张三-lab6", "a.py", "sub/b.py"))
    loose = [hand_in(i, pieces=pieces(tmp_path, f"{i}.py", f"{i}.pdf")) for i in (2, 3)]
    text = shown(ClassFolder("plain", (own, *loose)), "en", terminal=False)

    assert "张三-lab6/" in text
    assert f"{tmp_path.name}/" not in text


def test_a_zone_that_all_times_lack_is_told_once() -> None:
    zone = texts.ZONE_ASSUMED.format(zone="UTC+0000")
    found = ClassFolder("moodle", tuple(hand_in(i, reasons=(zone, WHY)) for i in range(6)))
    text = " ".join(shown(found, "en", terminal=False).split())

    assert text.count("without a time zone") == 1
    assert "6 hand-ins: The platform gives the time without a time zone" in text
    assert "late: timezone:" in text
    assert "2026-04-02 04:05" in shown(found, "en", terminal=False)
