"""Training logs and pictures: opened in the sandbox alone, as pixels and as bounded text."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk_class import desk_class
from desks import Marker, desk_of
from PIL import Image

from grader.core.materials import Material
from grader.core.settings import Settings
from grader.core.tiers import Tier
from grader.isolation.reading import HandInReader
from grader.isolation.servers import Servers
from grader.marking import kept_materials
from grader.reader.messages import MAX_HEIGHT, MAX_LOG_CHARS

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP")


def picture(format: str, size: tuple[int, int] = (60, 40)) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(made, format)
    return made.getvalue()


def claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is as large as this."""
    head = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\0\0\0"
    whole = picture("PNG")
    return whole[:12] + head + zlib.crc32(head).to_bytes(4, "big") + whole[33:]


@pytest.fixture(scope="module")
def reader() -> Iterator[HandInReader]:
    servers = Servers(Settings())
    yield HandInReader(lambda: servers.ready("reader"))
    servers.close()


@pytest.mark.parametrize("format", FORMATS)
def test_a_picture_becomes_pixels(reader: HandInReader, format: str) -> None:
    drawn, pixels = reader.picture(picture(format), 1200)

    assert (drawn.width, drawn.height, drawn.problem) == (60, 40, "")
    red, green, blue = pixels[:3]
    assert red > 190
    assert max(green, blue) < 50


def test_whatever_the_file_is_there_is_an_answer(reader: HandInReader) -> None:
    cases = {
        "empty": b"",
        "cut": picture("PNG")[:50],
        "a vector": b"<svg onload='alert(1)'/>",
        "a script": b"%!PS\n(x) run",
        "of gigabytes": claiming(60_000, 60_000),
        "no bytes for what it claims": claiming(5_000, 5_000),
    }
    for name, data in cases.items():
        drawn, pixels = reader.picture(data, 1200)
        assert drawn.problem, name
        assert not pixels
    drawn, pixels = reader.picture(picture("PNG", (10, 30_000)), 1200)
    assert drawn.height <= MAX_HEIGHT
    assert len(pixels) == 3 * drawn.width * drawn.height


@pytest.mark.slow
@pytest.mark.parametrize("tier", ["landlock", "seccomp"])
def test_in_every_tier(tier: Tier) -> None:
    servers = Servers(Settings(floor="seccomp"), best=tier)
    try:
        reader = HandInReader(lambda: servers.ready("reader"))
        assert all(reader.picture(picture(format), 100)[1] for format in FORMATS)
        assert reader.log("损失 1.5".encode("gb18030")) == "损失 1.5"
    finally:
        servers.close()


def test_a_log_is_bounded_and_steers_nothing(reader: HandInReader) -> None:
    said = reader.log("a\x1b[31m\u202eb\r\n".encode() + b"x\n" * 200_000 + b"the end")

    assert said.startswith("a[31mb\nx\n")
    assert said.endswith("the end")
    assert len(said) <= MAX_LOG_CHARS
    assert reader.log(b"\xff\xfe\x00") != ""


def test_they_are_kept_by_number_and_go_with_their_hand_in(tmp_path: Path) -> None:
    (tmp_path / "id").mkdir()
    held = (Material("../../x.png", b"1"), Material("names.json", b"2"))
    kept_materials.keep(tmp_path / "id", held)
    path = kept_materials.path_of(tmp_path, "id")

    assert path is not None
    assert kept_materials.names(path) == ["../../x.png", "names.json"]
    assert [kept_materials.read(path, n) for n in (0, 1, 2, -1)] == [*held, None, None]
    path.write_bytes(b"damaged")
    assert kept_materials.names(path) == []
    kept_materials.keep(tmp_path / "id", ())
    assert kept_materials.path_of(tmp_path, "id") is None
    path.symlink_to(tmp_path)
    assert kept_materials.path_of(tmp_path, "id") is None


def test_the_page_shows_them(tmp_path: Path) -> None:
    out = desk_class(tmp_path / "out", 4, reports=True)
    with desk_of(out) as desk:
        li = Marker(desk)
        alias = li.alias("20230003")
        text = li.text(f"/h/{alias}").partition('id="materials"')[2]
        address = text.partition('src="')[2].partition('"')[0]
        answer = li.client.get(address)

        assert "&lt;img src=x" in text
        assert "<img src=x" not in text
        assert answer.mimetype == "image/png"
        assert Image.open(io.BytesIO(answer.data)).size == (400, 300)
        assert "<script>" in li.client.get(f"/api/log/{alias}/1").json["text"]
        # A log is no picture, and a picture is no log.
        assert li.client.get(address.replace("/0.png", "/1.png")).status_code == 404
        for path in (
            f"/api/log/{alias}/0",
            f"/api/log/{alias}/2",
            "/api/log/AAAAA/1",
            f"/m/{alias}/{'0' * 16}/0.png",
            f"/m/{alias}/99/../../report.pdf",
        ):
            assert li.client.get(path).status_code == 404, path


def test_names_in_them_are_hidden(tmp_path: Path) -> None:
    out = desk_class(tmp_path / "out", 2, reports=True)
    with desk_of(out, blind=True) as desk:
        li = Marker(desk)
        person = desk.course().find("20230001").people[0]
        alias = li.alias("20230001")
        log = li.client.get(f"/api/log/{alias}/1").json["text"]
        page = li.text(f"/h/{alias}")

    assert "epoch 25 loss 1.534" in log
    for word in (person.name, person.student_id):
        assert word not in log
        assert word not in page
