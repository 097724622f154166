"""Pictures of what a public check found: a page can show whatever a student's numbers are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from handing_in import submission_of
from hypothesis import given, settings
from hypothesis import strategies as st
from made_reports import report_of, result
from part_suites import run_suites

from grader import ROOT
from grader.core.model import CheckResult, Diagnosis, Outcome, Visibility
from grader.diagnosis import Explanation
from grader.feedback import html, pictures
from grader.feedback import picture_words as words
from grader.judging import plugin as judging
from grader.parts.reference import runner_on_source
from kit.outcomes import Failed
from kit.pictures import (
    Frequencies,
    Gradient,
    Gradients,
    Loss,
    Norms,
    Picture,
    Temperatures,
    showing,
)
from kit.plugin import Ended
from kit.text import Text
from parts.char_lstm import checks_text as texts
from parts.numpy_rnn import checks as network
from parts.sequence import checks as cells

NUMBERS = st.one_of(
    st.none(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.0, -0.0, 1e300, -1e300, 5e-324, 1.0]),
)
MANY = st.lists(NUMBERS, max_size=30).map(tuple)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
DRAWN = st.builds(
    Frequencies,
    st.sampled_from(["temperature", "top_k"]),
    FINITE,
    st.lists(st.integers(0, 10**6), max_size=30).map(tuple),
    st.lists(st.floats(0, 1), max_size=30).map(tuple),
)
PICTURES = st.one_of(
    st.builds(Norms, MANY, MANY),
    st.builds(
        Gradients,
        st.lists(st.builds(Gradient, st.text(max_size=5), MANY, MANY, MANY), max_size=3).map(tuple),
    ),
    st.builds(Loss, NUMBERS, FINITE, FINITE, FINITE),
    DRAWN,
    st.builds(Temperatures, st.lists(DRAWN, max_size=3).map(tuple)),
)
NORMS = Norms((2.0, 1.0, None, 0.0, 1e300), (0.01, 0.1, 0.5, 1.0, 2.0))
GRADIENTS = Gradients(
    (
        Gradient("dWhh", (2.0, -4.0, 1.0), (1.0, -2.0, 0.5)),
        Gradient("dbh", (1.0, -2.0), (1.0, -2.0)),
        Gradient("dWxh", (0.0, 0.0, 0.0), (1.0, -2.0, 0.5)),
        Gradient("dWhy", (1.0, 9.0, None), (1.0, -2.0, 0.5)),
    )
)
LOSS = Loss(1.61, 0.46, 0.75, 1.61)
DRAWS = Frequencies("temperature", 0.5, (100, 300, 600), (0.2, 0.3, 0.5))
TEMPERATURES = Temperatures((DRAWS, replace(DRAWS, value=2.0)))
KINDS: list[Picture] = [NORMS, GRADIENTS, LOSS, DRAWS, TEMPERATURES]


@settings(max_examples=300, deadline=None)
@given(PICTURES)
def test_everything_lies_within_its_frame(picture: Picture) -> None:
    view = pictures.draw(picture)
    for panel in () if view is None else view.panels:
        places = [shape.path for shape in panel.shapes]
        for x, y in re.findall(r"[ML](\S+) ([^MLhz\s]+)", "".join(places)):
            assert 0 <= float(x) <= panel.width
            assert 0 <= float(y) <= panel.height
        assert not re.search("nan|inf", "".join(places))
        assert min((float(at) for one in panel.labels for at in (one.x, one.y)), default=0) >= 0


@settings(max_examples=50, deadline=None)
@given(PICTURES)
def test_any_picture_comes_back_from_the_store_and_fits_a_page(picture: Picture) -> None:
    failed = result("poems.public", picture=picture)

    assert CheckResult.from_json(failed.to_json()) == failed
    assert "<svg" in html.render(report_of(failed), staff=False)


def test_results_without_a_picture_or_with_one_of_another_version_still_open() -> None:
    stored = result("poems.public", picture=LOSS).to_json()

    assert CheckResult.from_json({**stored, "picture": {"kind": "later"}}).picture is None
    del stored["picture"]
    assert CheckResult.from_json(stored).picture is None


@pytest.mark.parametrize("picture", KINDS, ids=lambda picture: type(picture).__name__)
def test_a_picture_is_shown_once_in_words_and_lines(picture: Picture) -> None:
    page = html.render(report_of(result("poems.public", picture=picture)), staff=False)
    figures = re.findall("<figure.*?</figure>", unescape(page), re.DOTALL)

    assert len(figures) == 1
    assert page.index("<figure") < page.index('id="rows"')  # with its cause, on the first screen
    assert 'aria-hidden="true"' in figures[0]
    assert "style=" not in figures[0]  # the content policy would drop it
    said = pictures.draw(picture)
    assert said is not None
    for text in (said.title, *(meaning for _, meaning in said.key)):
        assert text.zh in figures[0]
        assert text.en in figures[0]


def test_a_second_picture_of_a_cause_stands_by_its_own_check() -> None:
    checks = [result(name, picture=NORMS) for name in ("poems.public", "poems.third")]
    other = result("poems.hidden", picture=LOSS)
    page = html.render(report_of(*checks, other), staff=False)
    by_causes, _, by_checks = page.partition('id="rows"')

    assert by_causes.count("<figure") == 2  # one of each kind
    assert by_checks.count("<figure") == 1


def test_a_cause_of_hidden_checks_is_shown_by_public_advice_of_the_same_blank() -> None:
    said = Text("公开的抽样", "what public draws showed")
    advice = result("poems.frequencies", picture=TEMPERATURES, advice=True, message=said)
    other = result("poems.overflow", advice=True)
    page = html.render(report_of(result("poems.hidden"), other, advice), staff=False)
    by_causes, _, by_checks = page.partition('id="rows"')

    assert (by_causes.count("<figure"), by_checks.count("<figure")) == (1, 0)
    assert "pytest -k poems.frequencies" in by_causes
    assert "what public draws showed" in by_causes  # for what a hidden check may not repeat
    assert "poems.overflow" not in by_causes


def test_advice_is_shown_once_with_the_cause_that_names_the_same_mistake() -> None:
    first, second = (Diagnosis(name, Text(name, f"<{name}>")) for name in ("one", "other"))
    lost = (
        result("poems.public", diagnosis=(first,)),
        result("poems.hidden", diagnosis=(second,)),
    )
    advice = result("poems.drawn", picture=TEMPERATURES, advice=True, diagnosis=(second,))
    page = html.render(report_of(*lost, advice), staff=False)
    own = page.partition('id="cause-2"')[2].partition('id="rows"')[0]

    assert page.count("<figure") == 1
    assert "&lt;other&gt;" in own
    assert "<figure" in own


def test_advice_without_such_a_cause_shows_its_own_picture() -> None:
    advice = result("poems.sample.frequencies", picture=TEMPERATURES, advice=True)
    page = html.render(report_of(result("poems.hidden"), advice), staff=False)
    by_causes, _, by_checks = page.partition('id="rows"')

    assert (by_causes.count("<figure"), by_checks.count("<figure")) == (0, 1)


def test_what_the_scatter_says_of_each_gradient() -> None:
    view = pictures.draw(GRADIENTS)
    assert view is not None
    assert [panel.note and panel.note.en for panel in view.panels] == [
        "all 3 entries are 2 times the right ones",
        "all 2 entries right",
        "all 3 entries are zero, or nearly",
        "2 of 3 entries wrong",
    ]
    assert any(kind == "beyond" for kind, _ in view.key)


def test_the_scatter_lies_over_the_differences_of_the_students_own_loss() -> None:
    wrong, own = (2.0, -4.0, 1.0), (1.0, -2.0, 0.5)
    near = tuple(value * (1 + 1e-7) for value in own)  # differences have an error of their own
    drawn = {
        name: pictures.draw(Gradients((Gradient("dWhh", wrong, own, by),)))
        for name, by in {
            "right forward": near,
            "wrong forward": wrong,
            "wrong both": (3.0, 3.0, 3.0),
            "unknown": (),
            "not finite": (1.0, None, 0.5),
            "of another length": (1.0,),
        }.items()
    }
    said = {
        name: view and view.panels[0].note and view.panels[0].note.en
        for name, view in drawn.items()
    }
    titles = {name: view and view.title for name, view in drawn.items()}

    twice = "all 3 entries are 2 times the right ones"
    assert said == {
        "right forward": twice,
        "wrong forward": "all 3 entries right",
        "wrong both": "3 of 3 entries wrong",
        "unknown": twice,
        "not finite": twice,
        "of another length": twice,
    }
    assert [name for name, title in titles.items() if title == words.DIFFERENCES] == [
        "right forward", "wrong forward", "wrong both",
    ]  # fmt: skip
    assert [name for name, view in drawn.items() if view and view.fact] == [
        "wrong forward", "wrong both",
    ]  # fmt: skip


def test_a_gradient_that_an_earlier_version_kept_has_no_differences() -> None:
    stored = result("poems.public", picture=GRADIENTS).to_json()
    for array in stored["picture"]["arrays"]:
        del array["differences"]

    assert CheckResult.from_json(stored).picture == GRADIENTS


def test_the_norms_are_said_at_the_ends_and_where_they_differ_most() -> None:
    view = pictures.draw(NORMS)
    assert view is not None
    assert view.fact is not None
    assert "t = 1: yours 2, right 0.01." in view.fact.en
    assert "t = 3: yours NaN/inf, right 0.5." in view.fact.en
    assert "t = 5: yours 1e+300, right 2." in view.fact.en
    assert [kind for kind, _ in view.key] == ["yours", "right", "beyond"]


def test_a_verdict_carries_the_picture_of_the_check_that_raised_it() -> None:
    with pytest.raises(Failed) as raised, showing(lambda: LOSS):
        raise Failed(Text("", ""))
    assert raised.value.picture is LOSS


@pytest.mark.parametrize(
    ("hidden", "discreet", "shown"),
    [(False, False, LOSS), (True, True, None), (True, False, None), (False, True, None)],
)
def test_no_picture_leaves_a_check_that_may_have_seen_hidden_inputs(
    hidden: bool, discreet: bool, shown: Picture | None
) -> None:
    ended = Ended("poems.learning", "poems", Text("", ""), hidden, False, "failed", picture=LOSS)
    made = judging._result(ended, Explanation(), submission_of({}), discreet)

    assert made.picture is shown


WRONG: dict[str, dict[str, Any]] = {
    "numpy_rnn": {
        "edits": {
            "norms[::-1]": "norms",
            "h_T.T @ dlogits  #": "2 * h_T.T @ dlogits  #",
            "/ temp": "* temp",
        },
        "shown": {
            "backward.values": Gradients,
            "backward.norms": Norms,
            "sample.frequencies": Temperatures,
        },
        "not shown": ("backward.hidden", "backward.norms_hidden", "sample.distribution"),
    },
    "sequence": {
        "edits": {
            "return softmax(np.asarray(logits) / temperature)": "return np.full(len(logits), "
            "1 / len(logits))",
            ", h_prev.T @ dz,": ", 2 * h_prev.T @ dz,",
        },
        "shown": {"temperature.sample": Frequencies, "lstm_backward.values": Gradients},
        "not shown": ("lstm_backward.hidden",),
    },
}


@pytest.mark.parametrize("part", WRONG)
def test_public_checks_show_what_they_found(part: str, secret_file: Path) -> None:
    case = WRONG[part]
    source = (ROOT / "solutions" / f"{part}.py").read_text("utf-8")
    for right, wrong in case["edits"].items():
        assert right in source
        source = source.replace(right, wrong)
    found = run_suites(part, source, secret_file, [f"{part}.learning"])

    for name, kind in case["shown"].items():
        assert isinstance(found[f"{part}.{name}"].picture, kind), name
    for name in case["not shown"]:
        assert found[f"{part}.{name}"].outcome is Outcome.FAILED
        assert found[f"{part}.{name}"].visibility is Visibility.HIDDEN
    for picture in (one.picture for one in found.values()):
        if isinstance(picture, Gradients):
            for array in picture.arrays:
                assert array.differences == pytest.approx(array.right, rel=1e-4, abs=1e-5)
    drawn = [id for id, one in found.items() if one.picture is not None]
    assert all(found[id].visibility is Visibility.PUBLIC for id in drawn)


@pytest.mark.parametrize(
    ("part", "edit", "probe", "arrays"),
    [
        ("numpy_rnn", ("h_T.T @ dlogits  #", "2 * h_T.T @ dlogits  #"), "perturbed", 5),
        ("sequence", (", h_prev.T @ dz,", ", 2 * h_prev.T @ dz,"), "lstm_moved", 6),
    ],
)
def test_a_picture_asks_for_no_differences_a_second_time(
    part: str, edit: tuple[str, str], probe: str, arrays: int
) -> None:
    """A call takes time that the other functions of the part may need."""
    source = (ROOT / "solutions" / f"{part}.py").read_text("utf-8").replace(*edit)
    lab = judging.Witness(runner_on_source(part, source))
    if part == "sequence":
        check, (case, expected) = cells.lstm_backward_agrees, judging._public()("lstm")
    else:
        check, (case, expected) = network.gradients_agree, judging._public()("rnn")
    with pytest.raises(Failed) as raised:
        check(lab, case, expected["backward"], reveal=True)

    picture = raised.value.picture
    assert isinstance(picture, Gradients)
    assert [bool(array.differences) for array in picture.arrays] == [True] * arrays
    moved = [call.arguments["name"] for call in lab.calls if call.probe == probe]
    assert len(moved) == len(set(moved)) == arrays


@pytest.fixture
def one_thread() -> Iterator[None]:
    """As in a worker: many threads on a busy machine cost such small layers a hundredfold."""
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("edit", [("/ temp", "* temp"), ("/ temp", ""), ("/ temp", "* 0")])
def test_generate_is_shown_by_temperature(edit: tuple[str, str]) -> None:
    source = (ROOT / "solutions" / "char_lstm.py").read_text("utf-8")
    texts.generate_frequencies(runner_on_source("char_lstm", source), "hello")

    with pytest.raises(Failed) as raised:
        texts.generate_frequencies(runner_on_source("char_lstm", source.replace(*edit)), "hello")
    assert isinstance(raised.value.picture, Temperatures)
    assert [one.value for one in raised.value.picture.draws] == [0.5, 1.0, 2.0]
    assert "0.5" in raised.value.text.en
