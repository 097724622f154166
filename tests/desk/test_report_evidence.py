"""What was found in a report stands beside the criteria: as links to pages, escaped, masked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from desk_class import HOSTILE_CODE, HOSTILE_NAME, desk_class
from desks import Marker, desk_of
from made_reports import report_of

from grader.core.model import Evidence, GradeReport, ReportEvidence
from grader.core.report_evidence import Passage, ReportReading, Symptom, Topic
from grader.desk import report_view
from grader.desk.room import Desk
from kit.text import Text

NOTHING = ReportReading(0, 0, (), (), (), (), ())


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return desk_class(tmp_path_factory.mktemp("desk") / "out", 5, reports=True)


@pytest.fixture
def desk(out: Path) -> Iterator[Desk]:
    with desk_of(out) as made:
        yield made


def page(marker: Marker, number: int) -> str:
    return marker.text(f"/h/{marker.alias(f'20230{number:03d}')}")


def criterion(text: str, id: str) -> str:
    return text.partition(f'data-criterion="{id}"')[2].partition("</section>")[0]


def test_each_criterion_shows_what_it_asks_for(desk: Desk) -> None:
    text = page(Marker(desk), 0)

    figures = criterion(text, "report.figures")
    assert re.search(
        r'<li class="good"><b>Loss curve</b> <a href="#paper" data-turn="2">p. 2</a>', figures
    )
    assert '<li class="partly"><b>Gradient norms over time steps</b> not found' in figures
    assert "1 of 3" in figures
    assert "Purpose" in criterion(text, "report.modules")
    numbers = criterion(text, "analysis.supported")
    assert re.search(r"Loss 1.53 in the report</b> logs/\S+ says so \(1.534\)", numbers)
    assert re.search(r"Epochs 30 in the report</b> no log does; closest: logs/\S+, 25", numbers)
    # A criterion that asks for nothing shows nothing.
    assert 'class="hints"' not in criterion(text, "report.logic")
    assert "Found by its words alone, as advice" in text


def test_both_languages(out: Path) -> None:
    with desk_of(out, lang="zh") as desk:
        text = page(Marker(desk), 0)
    assert "报告里找到的内容" in text
    assert "第 2 页" in criterion(text, "report.figures")


def test_hostile_words_are_shown_as_words(desk: Desk) -> None:
    text = page(Marker(desk), 3)

    assert "&lt;script&gt;document.title=" in text.partition('id="evidence"')[2]
    assert HOSTILE_CODE.strip().splitlines()[0] not in text
    assert HOSTILE_NAME not in text
    assert "\u202e" not in text


def test_hidden_names_are_masked_in_it(out: Path) -> None:
    with desk_of(out, blind=True) as desk:
        li = Marker(desk)
        for number in (0, 1, 4):
            name = desk.course().find(f"20230{number:03d}").people[0].name
            text = page(li, number)
            assert "▇▇" in text.partition('id="evidence"')[2]
            assert name not in text


def test_no_mark_depends_on_it(desk: Desk) -> None:
    li = Marker(desk)
    before = li.states("20230000")
    page(li, 0)

    assert li.states("20230000") == before
    assert not any(one["points"] for one in before["criteria"].values())


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (None, report_view.NO_REPORT),
        (
            ReportEvidence("r.pdf", problem=Text("有密码", "a password")),
            Text("有密码", "a password"),
        ),
        (ReportEvidence("r.pdf", 3, 900), report_view.UNREAD),
        (ReportEvidence("r.pdf", 1, 0, reading=NOTHING), report_view.EMPTY),
        (
            ReportEvidence("r.pdf", 3, 0, reading=replace(NOTHING, scanned=3, pictures=3)),
            report_view.ALL_SCANNED,
        ),
        (
            ReportEvidence("r.pdf", 3, 900, reading=replace(NOTHING, scanned=1, pictures=1)),
            report_view.SOME_SCANNED.format(n=1),
        ),
        (ReportEvidence("r.pdf", 3, 900, reading=NOTHING), None),
    ],
)
def test_what_is_wrong_with_a_report_is_said(
    found: ReportEvidence | None, said: Text | None
) -> None:
    view = report_view.build(_report(found), str)

    assert view.problem == said
    # What was not searched is not said to be missing.
    assert (Topic.SECTIONS in view.topics) == (said is None or "1 " in said.en)


def test_figures_without_captions_count_with_their_pages() -> None:
    reading = replace(NOTHING, pictures=5, picture_pages=(2, 3, 7), figures=(Passage(3, "图 1"),))
    view = report_view.build(_report(ReportEvidence("r.pdf", 9, 900, reading=reading)), str)
    figures, tables = view.topics[Topic.FIGURES][:2]

    assert figures.said.en == "5 pictures or drawings, 1 numbered captions"
    assert [(place.page, place.text) for place in figures.places] == [(2, ""), (3, "图 1"), (7, "")]
    assert figures.tone == "good"
    assert (tables.tone, tables.said.zh) == ("partly", "0 处有编号的标题")


def test_what_went_wrong_in_a_training_stands_beside_the_numbers() -> None:
    reading = replace(NOTHING, symptoms=(Symptom("nan", "logs/li.txt", "loss nan"),))
    made = _report(ReportEvidence("r.pdf", 9, 900, reading=reading))
    view = report_view.build(made, lambda text: text.replace("li", "▇▇"))

    assert "logs/▇▇.txt: loss nan" in [line.said.en for line in view.topics[Topic.NUMBERS]]


def test_a_reading_that_an_earlier_version_kept_still_opens() -> None:
    kept = NOTHING.to_json()
    del kept["picture_pages"], kept["symptoms"]

    assert ReportReading.from_json(kept) == NOTHING


def test_another_file_type_is_named() -> None:
    made = _report(None)
    other = replace(made.submission, others=("a.docx", "train.log"))
    view = report_view.build(replace(made, submission=other), str)

    assert view.problem is not None
    assert "another type: a.docx." in view.problem.en


def _report(found: ReportEvidence | None) -> GradeReport:
    return report_of(evidence=Evidence(None, found))
