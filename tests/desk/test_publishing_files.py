"""Publishing from the page makes the platform's file and the zip, as ``grader finish`` does."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from desks import ORIGIN, Marker, desk_of
from marked_class import finished_class, moodle_worksheet

from grader.core.errors import MachineError, UsageError
from grader.desk.app import create
from grader.desk.room import Desk
from grader.export.formats import FORMATS
from grader.marking import platform_files
from grader.marking.platform_files import Choice

SHEET = "platform/moodle.csv"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return finished_class(tmp_path / "out")


@pytest.fixture
def desk(out: Path) -> Iterator[Desk]:
    with desk_of(out) as made:
        yield made


@pytest.fixture
def li(desk: Desk) -> Marker:
    return Marker(desk)


def upload(li: Marker, format: str, name: str, data: bytes, **more: Any) -> Any:
    headers = {"Origin": ORIGIN} | more.pop("headers", {})
    values = {"content_type": "application/octet-stream"} | more
    return li.client.post(
        f"/api/template/{format}",
        query_string={"name": name},
        data=data,
        headers=headers,
        **values,
    )


def published(desk: Desk) -> bool:
    return desk.course().marks.published


def test_the_button_makes_the_file_and_the_zip_and_says_where_they_lie(
    li: Marker, desk: Desk
) -> None:
    out = desk.options.out
    chosen = {"format": "moodle", "pages": "moodle-feedback"}
    assert "exported" in li.send("/api/finish", 422, **chosen)["error"]
    assert not published(desk)
    assert upload(li, "moodle", "marks.CSV", moodle_worksheet().encode()).status_code == 200
    li.send("/api/finish", **chosen)

    page = li.text("/finish")
    assert published(desk)
    assert (out / "marks-moodle.csv").read_text("utf-8").count("20.00,20.00") == 3
    assert str(out / "marks-moodle.csv") in page
    assert str(out / "marks-moodle-feedback.zip") in page
    assert "A04" in page  # is not on the worksheet
    assert li.client.get("/made/0", buffered=True).data == (out / "marks-moodle.csv").read_bytes()
    assert li.client.get("/made/1", buffered=True).data[:2] == b"PK"
    assert li.client.get("/made/2").status_code == 404
    # The next publication makes them again.
    assert platform_files.chosen(out, "plain") == Choice("moodle", "", "moodle-feedback")
    assert "moodle.csv is here already" in page


def test_a_file_that_does_not_fit_publishes_nothing(li: Marker, desk: Desk) -> None:
    upload(li, "moodle", "marks.csv", b"a,b\n1,2\n")
    assert li.send("/api/finish", 422, format="moodle")["error"]
    upload(li, "sakai-feedback", "all.zip", b"no zip")
    assert "Sakai" in li.send("/api/finish", 422, pages="sakai-feedback")["error"]
    assert "no export format" in li.send("/api/finish", 422, format="gradebook")["error"]
    assert "no export format" in li.send("/api/finish", 422, format="pages")["error"]
    assert not published(desk)
    assert not desk.made


def test_a_foreign_file_publishes_nothing_and_the_second_try_works(li: Marker, desk: Desk) -> None:
    foreign = desk.options.out / "marks-pages" / "mine.txt"
    foreign.parent.mkdir()
    foreign.write_text("mine", "utf-8")
    assert "other files" in li.send("/api/finish", 422, format="csv", pages="pages")["error"]
    assert not published(desk)
    assert not desk.made
    assert not (desk.options.out / "marks.csv").exists()
    foreign.unlink()
    li.send("/api/finish", format="csv", pages="pages")
    assert published(desk)
    assert [report.out.name for report in desk.made] == ["marks.csv", "marks-pages"]
    assert platform_files.chosen(desk.options.out, "plain") == Choice("csv", "", "pages")


def test_a_choice_that_cannot_be_kept_publishes_nothing(li: Marker, desk: Desk) -> None:
    held = desk.options.out / "platform" / "choice.json"
    held.mkdir(parents=True)
    assert "choice.json" in li.send("/api/finish", 422, format="csv")["error"]
    assert not published(desk)
    held.rmdir()
    li.send("/api/finish", format="csv")
    assert published(desk)


def test_on_a_full_disk_the_earlier_template_stays(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = desk.options.out
    platform_files.keep_template(out, "moodle", "x.csv", b"1")

    def full(file: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        for name in ("x.csv", "x.xlsx"):
            with pytest.raises(MachineError):
                platform_files.keep_template(out, "moodle", name, b"2")
    assert [path.read_bytes() for path in (out / "platform").iterdir()] == [b"1"]
    platform_files.keep_template(out, "moodle", "x.xlsx", b"2")
    assert [path.name for path in (out / "platform").iterdir()] == ["moodle.xlsx"]


def test_of_two_templates_that_a_crash_left_the_new_one_counts(tmp_path: Path) -> None:
    (tmp_path / "platform").mkdir()
    for at, name in enumerate(("moodle.xlsx", "moodle.csv", "moodle.txt")):
        path = tmp_path / "platform" / name
        path.write_bytes(b"1")
        os.utime(path, (at, at))
        assert platform_files.template(tmp_path, "moodle") == path


def test_a_wrong_template_can_be_removed(li: Marker, desk: Desk) -> None:
    """Of a format that needs none: kept, a wrong one would block the format for ever."""
    path = "/api/template/tronclass/remove"
    upload(li, "tronclass", "x.csv", b"a,b\n1,2\n")
    assert li.send("/api/finish", 422, format="tronclass")["error"]
    kept = desk.options.out / "platform" / "tronclass.csv"
    stranger = create(desk).test_client()
    own, foreign = {"Origin": ORIGIN}, {"Origin": "https://evil.example"}
    assert stranger.post(path, json={}, headers=own).status_code == 401
    assert li.client.post(path, json={}, headers=foreign).status_code == 403
    assert li.client.post(path, json={}).status_code == 403
    assert li.client.post(path, data={}, headers=own).status_code == 415
    assert li.client.get(path).status_code == 405
    for format in ("csv", "choice", "..", "nobody"):
        answer = li.client.post(f"/api/template/{format}/remove", json={}, headers=own)
        assert answer.status_code == 404, format
    assert kept.is_file()
    assert (desk.options.out / "platform" / "choice.json").is_file()

    li.send(path)
    assert not kept.exists()
    li.send(path)  # there is none, as asked
    li.send("/api/finish", format="tronclass")
    assert published(desk)


def test_a_template_stays_in_its_folder(li: Marker, desk: Desk) -> None:
    out = desk.options.out
    before = {path.name for path in out.iterdir()}
    assert upload(li, "moodle", "../../evil\\..\\x.csv", b"1").status_code == 200
    assert (out / SHEET).read_bytes() == b"1"
    assert upload(li, "moodle", "x.xlsx", b"2").status_code == 200
    assert not (out / SHEET).exists()  # one for each format
    for name in ("x.py", "x", "", ".csv", "x.csv/", "x.csv\0.html"):
        assert upload(li, "moodle", name, b"3").status_code == 422, name
    for format in ("..", "choice", "nobody"):
        assert upload(li, format, "x.csv", b"3").status_code in (404, 405), format
    # SQLite's own files beside a database come and go with whoever has them open.
    new = {path.name for path in out.iterdir() if ".sqlite-" not in path.name}
    assert new - before == {"platform"}
    assert [path.name for path in (out / "platform").iterdir()] == ["moodle.xlsx"]


def test_who_was_not_let_in_sends_and_fetches_nothing(li: Marker, desk: Desk) -> None:
    stranger = create(desk).test_client()
    values: dict[str, Any] = {"content_type": "application/octet-stream"}
    path = "/api/template/moodle?name=x.csv"
    assert stranger.post(path, data=b"1", headers={"Origin": ORIGIN}, **values).status_code == 401
    assert stranger.get("/made/0").status_code == 401
    foreign = {"Origin": "https://evil.example"}
    assert upload(li, "moodle", "x.csv", b"1", headers=foreign).status_code == 403
    form = {"content_type": "multipart/form-data"}
    assert upload(li, "moodle", "x.csv", b"1", **form).status_code == 415
    large = b"1" * (platform_files.MAX_TEMPLATE + 1)
    assert upload(li, "moodle", "x.csv", large).status_code == 413
    assert not (desk.options.out / SHEET).exists()
    # Other requests stay as small as they were.
    assert li.client.post(
        "/api/finish", json={"why": "x" * 300_000}, headers={"Origin": ORIGIN}
    ).status_code == 413  # fmt: skip


def test_without_names_the_files_are_not_shown(out: Path) -> None:
    with desk_of(out, blind=True) as desk:
        li = Marker(desk)
        li.send("/api/finish", format="csv", pages="pages")
        page = li.text("/finish")
        assert "marks.csv" in page
        assert "0023001" not in page
        assert "张三" not in page
        assert li.client.get("/made/0").status_code == 404
    assert (out / "marks.csv").is_file()
    assert len(list((out / "marks-pages").glob("*.html"))) == 4


@pytest.mark.parametrize(
    ("layout", "choice"),
    [
        ("moodle", Choice("moodle", "", "moodle-feedback")),
        ("canvas", Choice("canvas")),
        ("blackboard", Choice("blackboard")),
        ("gradescope", Choice("gradescope")),
        ("sakai", Choice("", "", "sakai-feedback")),
        ("ilias", Choice("", "", "ilias-feedback")),
        ("plain", Choice()),
        ("edx-ora2", Choice()),
    ],
)
def test_the_layout_of_the_hand_ins_chooses_first(layout: str, choice: Choice) -> None:
    assert platform_files.usual(layout) == choice


@pytest.mark.parametrize("held", ["", "[]", "{", '{"format": "x"}', '{"format": 1, "more": 2}'])
def test_a_choice_that_cannot_be_read_is_made_again(tmp_path: Path, held: str) -> None:
    (tmp_path / "platform").mkdir()
    (tmp_path / "platform" / "choice.json").write_text(held, "utf-8")
    assert platform_files.chosen(tmp_path, "canvas") == Choice("canvas")


def test_what_needs_a_template_says_so_for_every_format(tmp_path: Path) -> None:
    """By trying: a format that fails without one is asked for it before anything is published."""
    for name in (*platform_files.MARKS, *platform_files.PAGES):
        choice = Choice(name) if name in platform_files.MARKS else Choice(pages=name)
        needs = name in platform_files._NEED_TEMPLATE
        if needs:
            with pytest.raises(UsageError, match="exported"):
                platform_files.platforms(tmp_path, choice)
        else:
            (wanted,) = platform_files.platforms(tmp_path, choice)
            assert wanted.format == name
        assert FORMATS[name].template or not needs
