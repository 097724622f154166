"""Words are searched in a report's text; what is hidden is not found either."""

from __future__ import annotations

from pathlib import Path

import pytest
from desk_class import desk_class
from desks import Marker, desk_of
from written_pdfs import CHINESE, locked_pdf, scanned_pdf

from grader.desk import text_search
from grader.marking.pages import keep_pdf


def hits(pages: list[str], query: str) -> list[tuple[int, str, str, str]]:
    found, _ = text_search.search(pages, query, str)
    return [(hit.page, hit.before, hit.words, hit.after) for hit in found]


def test_words_are_found_over_the_ends_of_lines() -> None:
    pages = ["The gradient\nnorm vanishes. 梯度消\n失了", "GRADIENT  NORM", "x"]

    assert [hit[0] for hit in hits(pages, "gradient norm")] == [1, 2]
    assert hits(pages, "梯度消失") == [(1, "The gradient norm vanishes.", "梯度消失", "了")]
    # Full width is the same word.
    assert [hit[0] for hit in hits(pages, "ｇｒａｄｉｅｎｔ")] == [1, 2]
    assert hits(pages, "") == hits(pages, "  ") == hits(pages, "absent") == []
    # No expression: a query is words.
    assert hits(pages, ".*") == []


def test_hits_are_bounded_and_counted() -> None:
    found, count = text_search.search(["a " * 9_000] * 3, "a", str)

    assert (len(found), count) == (text_search.MOST_HITS, 27_000)


def test_the_page_searches(tmp_path: Path) -> None:
    out = desk_class(tmp_path / "out", 3, reports=True)
    with desk_of(out) as desk:
        li = Marker(desk)
        alias = li.alias("20230000")
        keep_pdf(out / desk.course().find("20230000").id, CHINESE)

        found = li.client.get(f"/api/report/{alias}?q=损失").json
        assert [hit["page"] for hit in found["hits"]] == [3, 3, 4]
        assert found["said"] == "3 places"
        assert li.client.get(f"/api/report/{alias}?q=zzz").json["said"] == "Not found."
        for data in (scanned_pdf(), locked_pdf(), b"none"):
            keep_pdf(out / desk.course().find("20230000").id, data)
            answer = li.client.get(f"/api/report/{alias}?q=x").json
            assert answer["hits"] == []
            assert "no text to search" in answer["said"]
        # The third hand-in has no report.
        assert li.client.get(f"/api/report/{li.alias('20230002')}?q=x").status_code == 404
        assert li.client.get("/api/report/AAAAA?q=x").status_code == 404


@pytest.mark.parametrize("query", ["20230001", "2023", "Lab 6"])
def test_what_is_hidden_is_not_found(tmp_path: Path, query: str) -> None:
    out = desk_class(tmp_path / "out", 2, reports=True)
    with desk_of(out, blind=True) as desk:
        li = Marker(desk)
        found = li.client.get(f"/api/report/{li.alias('20230001')}?q={query}").json

    assert bool(found["hits"]) == (query == "Lab 6")
    assert "20230001" not in str(found)
