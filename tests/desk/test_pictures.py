"""Pages of a report: drawn in the sandbox, names painted over, whatever the file is."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest
from desk_class import desk_class, pdf_of
from desks import Marker, desk_of
from PIL import Image
from written_pdfs import CHINESE

from grader.core.errors import ConfinementError
from grader.core.settings import Settings
from grader.core.tiers import Tier
from grader.desk import facts, pictures, warming
from grader.desk.pictures import Pictures
from grader.handins.records import Person
from grader.isolation.reading import HandInReader
from grader.isolation.servers import Servers
from grader.reader.messages import MAX_HEIGHT
from kit.text import Text

AUTHOR = Person("20230001", "San Zhang")
MASK = (40, 48, 56)


@pytest.fixture(scope="module")
def drawing() -> Iterator[Pictures]:
    made = Pictures(Settings())
    yield made
    made.close()


def picture(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_a_page_is_drawn_and_kept(drawing: Pictures, tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(pdf_of(AUTHOR))

    first, second = drawing.page(path, 0, ()), drawing.page(path, 1, ())

    assert picture(first.png).size[0] == pictures.WIDTH
    assert first.png != second.png
    assert drawing.page(path, 0, ()) is first
    assert drawing.page(path, 3, ()).problem is not None
    path.write_bytes(pdf_of(AUTHOR, 4))
    assert drawing.page(path, 3, ()).png


def test_the_first_search_waits_for_nothing_that_could_be_ready(tmp_path: Path) -> None:
    with desk_of(desk_class(tmp_path / "out", 3, reports=True)) as desk:
        warming.start(desk).join()
        # Whoever asks now finds the class read and the server ready: none of this may come again.
        with (
            mock.patch.object(facts, "gather", side_effect=AssertionError),
            mock.patch.object(Servers, "__init__", side_effect=AssertionError),
        ):
            marker = Marker(desk)
            assert "20230001" in marker.text("/?q=20230001")
            address = f"/api/report/{marker.alias('20230000')}?q=report"
            assert marker.client.get(address).status_code == 200


def test_a_machine_that_confines_nothing_still_serves_the_queue(tmp_path: Path) -> None:
    with desk_of(desk_class(tmp_path / "out", 2)) as desk:
        refused = ConfinementError(Text("不能隔离", "nothing is confined"))
        with mock.patch.object(Servers, "ready", side_effect=refused):
            warming.start(desk).join()
        assert "20230001" in Marker(desk).text("/")


def test_hidden_words_are_painted_over(drawing: Pictures, tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(pdf_of(AUTHOR))
    shown = picture(drawing.page(path, 0, ()).png)
    masked = picture(drawing.page(path, 0, ("20230001",)).png)

    assert MASK not in {colour for _, colour in shown.getcolors(1 << 24) or ()}
    painted = {c: n for n, c in masked.getcolors(1 << 24) or ()}[MASK]
    # Eight digits at 18 points: more than a hundred pixels wide and at least twenty high.
    assert painted > 2000
    assert drawing.page(path, 0, ("nobody",)).png == drawing.page(path, 0, ()).png


def test_whatever_the_file_is_there_is_an_answer(drawing: Pictures, tmp_path: Path) -> None:
    whole = pdf_of(AUTHOR)
    cases = {
        "empty": b"",
        "none": b"GIF89a not a pdf",
        "cut": whole[: len(whole) // 2],
        "page of a kilometre": whole.replace(b"[0 0 595.28 841.89]", b"[0 0 1 9999999.]  "),
        "page of nothing": whole.replace(b"[0 0 595.28 841.89]", b"[0 0 0 0]          "),
        "reversed": whole[::-1],
    }
    for name, data in cases.items():
        path = tmp_path / f"{name}.pdf"
        path.write_bytes(data)
        made = drawing.page(path, 0, ("x",))
        assert made.png or made.problem, name
        if made.png:
            assert picture(made.png).size[1] <= MAX_HEIGHT + 1


@pytest.mark.parametrize("tier", ["full", "landlock", "seccomp"])
def test_a_page_is_drawn_in_every_tier(tier: Tier) -> None:
    servers = Servers(Settings(floor="seccomp"), best=tier)
    reader = HandInReader(lambda: servers.ready("reader"))
    try:
        drawn, pixels = reader.page(pdf_of(AUTHOR), 1, 600, ("20230001",))
    finally:
        servers.close()

    assert not drawn.problem
    assert (drawn.pages, drawn.width) == (3, 600)
    assert len(pixels) == 3 * drawn.width * drawn.height
    assert bytes(MASK) in pixels


def test_a_report_is_reached_by_its_page_alone(tmp_path: Path) -> None:
    out = desk_class(tmp_path / "out", 3, reports=True)
    with desk_of(out) as desk:
        li = Marker(desk)
        id = desk.course().snapshot.entries[0].id
        text = li.text(f"/h/{li.alias(id)}")
        address = text.partition('id="page" src="')[2].partition('"')[0]
        answer = li.client.get(address)

        assert answer.mimetype == "image/png"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert picture(answer.data).size[0] == pictures.WIDTH
        alias, tag, _ = address.removeprefix("/p/").split("/")
        for path in (
            f"/p/{alias}/{'0' * 16}/1.png",
            f"/p/{alias}/{tag}/0.png",
            f"/p/{alias}/{tag}/4.png",
            f"/p/{alias}/{tag}/99999999999.png",
            f"/p/{li.alias(desk.course().snapshot.entries[2].id)}/{tag}/1.png",
            f"/p/{id}/{tag}/1.png",
        ):
            assert li.client.get(path).status_code == 404, path
        # With names hidden it is another picture, and this one is gone.
        li.client.post("/choose", data={"blind": "1"}, headers={"Origin": "http://localhost"})
        assert li.client.get(address).status_code == 404
        assert tag not in li.text(f"/h/{li.alias(id)}")


def test_a_link_in_the_folder_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "id").mkdir()
    (tmp_path / "secret").write_text("x", "utf-8")
    (tmp_path / "id" / "report.pdf").symlink_to(tmp_path / "secret")

    assert pictures.path_of(tmp_path, "id") is None


@pytest.mark.parametrize("tier", ["full", "landlock", "seccomp"])
def test_chinese_is_drawn_where_the_report_holds_no_font(tier: Tier) -> None:
    """Blank pages would cost the student a mark that nobody can see the reason of."""
    if not list(Path("/usr/share/fonts").rglob("*CJK*")):
        pytest.skip("this machine has no Chinese font")
    servers = Servers(Settings(floor="seccomp"), best=tier)
    try:
        reader = HandInReader(lambda: servers.ready("reader"))
        dark = {}
        for face in (b"STSong-Light", b"SimHei000000", b"SimSun,Bold0"):
            drawn, pixels = reader.page(CHINESE.replace(b"STSong-Light", face), 0, 600, ())
            shown = Image.frombytes("RGB", (drawn.width, drawn.height), pixels).convert("L")
            dark[face] = sum(shown.histogram()[:128])
    finally:
        servers.close()
    assert min(dark.values()) > 2000, dark  # 110 characters of 12 points; the digits alone are 40
