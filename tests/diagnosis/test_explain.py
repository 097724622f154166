"""What a report says of a failed check: two mistakes at once, the student's lines, and clues."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable, Iterable

import numpy as np
import pytest
from handing_in import Files, results_of, solution, starter, submission_of
from quick import one_in
from test_diagnosis import graded

from grader.core.model import (
    CheckResult,
    Diagnosis,
    GradeReport,
    Outcome,
    Place,
    Source,
    Visibility,
)
from grader.core.settings import Secret
from grader.diagnosis import Explainer, Host, Mistake, catalogue, in_process, mutant, settled
from grader.diagnosis.answers import Call, Memory, NoAnswer, pieces
from grader.diagnosis.catalogue import both
from grader.diagnosis.places import edited, places
from grader.feedback import html
from grader.isolation.servers import GUEST
from grader.judging.hidden_cases import hidden_cases
from grader.judging.judge import Judge
from grader.parts.reference import reference_runner
from grader.reader.functions import functions_of
from grader.sandbox import ForkServer
from kit.outcomes import Verdict
from kit.runner import Runner
from kit.text import Text

Grade = Callable[[Files], GradeReport]

NUMPY = {m.id: m for m in catalogue("numpy_rnn")}
CHAR = {m.id: m for m in catalogue("char_lstm")}

# ---------------------------------------------------------------- two mistakes at once

PAIRS = [
    ("whh_not_transposed", "bias_mean", "backward.values"),
    ("dwhh_with_h_t", "whh_not_transposed", "backward.hidden"),
    ("divided_by_batch", "derivative_unsquared", "backward.values"),
    ("dh0_zero", "bias_mean", "backward.dh0"),
    ("no_tanh_derivative", "dwhy_from_previous_state", "backward.values"),
    ("dwhh_transposed", "norms_of_whole_batch", "backward.norms"),
    ("all_only_last_step", "all_dwhy_from_last_state", "backward_all.values"),
    ("h0_ignored", "output_bias_missing", "forward.values"),
]


@pytest.mark.parametrize(("one", "other", "check"), one_in(4, PAIRS, "-".join))
def test_two_mistakes_together_are_named(one: str, other: str, check: str) -> None:
    source = both(NUMPY[one], NUMPY[other])
    assert source is not None
    id = f"numpy_rnn.{check}"
    (result,) = graded("numpy_rnn", source, {id}).values()
    assert result.outcome == "failed"
    assert "Traceback" not in result.staff_note  # it holds the numbers of a hidden check
    assert not result.clues
    named = [set(d.mistake.split(" + ")) for d in result.diagnosis]
    assert named == [{one, other}] or named == [{n} for n in (one, other) if {n} in named]
    if len(named[0]) == 2:
        hint = result.diagnosis[0].hint
        assert NUMPY[one].hint.en in hint.en
        assert NUMPY[other].hint.zh in hint.zh


def test_edits_that_overlap_are_no_pair() -> None:
    assert both(NUMPY["state_not_carried"], NUMPY["first_input_repeated"]) is None
    assert both(NUMPY["state_not_carried"], NUMPY["state_not_carried"]) is None
    a, b = NUMPY["state_not_carried"], NUMPY["bias_mean"]
    assert both(a, b) == both(b, a)


def nasty() -> list[object]:
    """What a worker might send in place of a gradient."""
    return [
        None, True, "text", 10**400, [10**400, 1.5], [[1.0], [2.0, 3.0]], {"a": 1}, {1: 2}, [],
        np.zeros((0,)), np.full((7, 5), np.nan), np.full((7, 5), np.inf), np.zeros((7, 5), bool),
        np.zeros((7, 5), complex), np.array(["a"]), float("nan"), [None] * 5, np.zeros((5, 7)),
    ]  # fmt: skip


@pytest.mark.parametrize("value", nasty(), ids=lambda value: repr(value)[:20].split("\n")[0])
def test_nonsense_in_an_answer_is_neither_diagnosed_nor_an_error(value: object) -> None:
    case = hidden_cases("numpy_rnn", Secret(b"nasty"))[0]
    given = {name: case[name] for name in ("weights", "x", "h0", "dlogits")}
    right = reference_runner("numpy_rnn").call("backward", given)
    for answer in (value, {**right, "dWhh": value}, {**right, "extra": value}, {"dWhh": value}):
        calls = [Call("backward", given, answer)]
        explainer = Explainer(submission_of({"numpy_rnn.py": "x = 1"}), in_process, None)
        found = explainer.explain("numpy_rnn", "numpy_rnn.backward.values", calls)
        assert found.diagnosis == ()
        assert all("dWhh" in clue.en for clue in found.clues)


@pytest.mark.slow
def test_a_function_of_thousands_of_lines_is_looked_through_quickly() -> None:
    long = "def clip_by_norm(grads, max_norm):\n" + "    norm = sum(g**2 for g in grads)\n" * 5000
    submission = submission_of({"numpy_rnn.py": long})
    start = time.thread_time()
    for mistake in catalogue("numpy_rnn"):
        if "numpy_rnn.clip.values" in mistake.fails:
            assert places(submission, edited(mistake), functions_of)
    # A guard: some seconds as it is, minutes if it compared each line with each.
    assert time.thread_time() - start < 30.0


# ---------------------------------------------------------------- memory


class Counting(Runner):
    """Answers with as many bytes as it was asked, and counts."""

    part = "numpy_rnn"

    def __init__(self) -> None:
        self.asked = 0

    def call(self, probe: str, arguments: dict[str, object]) -> object:
        self.asked += 1
        if probe == "raise":
            raise ValueError
        return "x" * 1000


def test_a_mutant_is_asked_once_and_the_oldest_answers_are_forgotten() -> None:
    runner, memory = Counting(), Memory(room=4000)
    call = Call("forward", {}, None)
    for _ in range(3):
        assert len(memory.ask("a", b"1", call, lambda: runner)) == 1000
    assert runner.asked == 1
    for source in "bcd":
        memory.ask(source, b"1", call, lambda: runner)
    assert runner.asked == 4
    memory.ask("d", b"1", call, lambda: runner)
    assert runner.asked == 4
    memory.ask("a", b"1", call, lambda: runner)
    assert runner.asked == 5


def test_a_mutant_that_raises_has_no_answer_and_is_not_asked_again() -> None:
    runner, memory = Counting(), Memory()
    for _ in range(2):
        found = memory.ask("a", b"1", Call("raise", {}, None), lambda: runner)
        assert isinstance(found, NoAnswer)
    assert runner.asked == 1


def test_one_worker_holds_many_mutants_and_survives_one_that_ends_it() -> None:
    server = ForkServer("numpy", hash_seed=1, guest=GUEST)
    server.start()
    host = Host("numpy_rnn", lambda: server)
    given = {"grads": [np.array([3.0, 4.0])], "max_norm": 1.0}
    source = solution("numpy_rnn")
    ends = source + "\n\ndef clip_by_norm(grads, max_norm):\n    import os\n    os._exit(3)\n"
    raises = source + "\n\nraise RuntimeError\n"
    wrong = mutant(next(m for m in catalogue("numpy_rnn") if m.id == "not_in_place"))
    try:
        server.wait_ready(60)
        right, other = host.runner(source), host.runner(wrong)
        for _ in range(2):
            assert np.allclose(right.call("clip_by_norm", given)["grads"][0], [0.6, 0.8])
            assert np.allclose(other.call("clip_by_norm", given)["grads"][0], [3.0, 4.0])
            for bad in (ends, raises):
                with pytest.raises(Verdict):
                    host.runner(bad).call("clip_by_norm", given)
    finally:
        host.close()
        server.close()


# ---------------------------------------------------------------- the student's lines


def lines(source: str, mistake: Mistake, file: str = "numpy_rnn.py") -> list[str]:
    return [
        place.text
        for place in places(submission_of({f"a/{file}": source}), edited(mistake), functions_of)
    ]


def test_a_match_points_at_the_line_whatever_the_names() -> None:
    wrong = solution("numpy_rnn").replace(
        "self.dWhh += h_prev.T @ dz", "self.d_W_hh += np.dot(h_now.T, delta)  # here"
    )
    assert lines(wrong, NUMPY["dwhh_with_h_t"])[0].startswith(("self.d_W_hh", "def backward"))
    plain = solution("numpy_rnn").replace("h_prev.T @ dz", "h_t.T @ dz")
    assert lines(plain, NUMPY["dwhh_with_h_t"]) == ["self.dWhh += h_t.T @ dz"]


@pytest.mark.slow
def test_a_line_of_the_starter_is_never_the_cause() -> None:
    """The mistake of the given cell's backward, made in the student's own."""
    own = solution("numpy_rnn").replace(
        "            dh = self.cell.backward(dh, cache)\n",
        "            x_t, h_prev, h_t = cache\n"
        "            dz = dh * (1 - h_t**2)\n"
        "            self.cell.dWxh += x_t.T @ dz\n"
        "            self.cell.dWhh += h_t.T @ dz\n"
        "            self.cell.dbh += dz.sum(axis=0)\n"
        "            dh = dz @ self.cell.Whh.T\n",
    )
    assert lines(own, NUMPY["dwhh_with_h_t"]) == ["self.cell.dWhh += h_t.T @ dz"]
    assert lines(solution("numpy_rnn"), NUMPY["dwhh_with_h_t"]) == []
    quotes_no_given_line(own, catalogue("numpy_rnn")[::5])


@pytest.mark.slow
def test_no_mistake_quotes_a_line_of_the_starter() -> None:
    quotes_no_given_line(solution("numpy_rnn"), catalogue("numpy_rnn"))


def quotes_no_given_line(own: str, mistakes: Iterable[Mistake]) -> None:
    given = {line.strip() for line in starter("numpy_rnn").splitlines()} - {""}
    for mistake in mistakes:
        for source in {own, solution("numpy_rnn"), starter("numpy_rnn")}:
            for text in lines(source, mistake):
                said = [line for line in text.splitlines() if not line.startswith("def ")]
                assert not said or not given.issuperset(said), (mistake.id, text)


def test_a_right_line_of_the_students_own_is_not_quoted() -> None:
    (text,) = lines(solution("numpy_rnn"), NUMPY["clip_condition_reversed"])
    assert text.startswith("def clip_by_norm(")


@pytest.mark.slow
def test_most_mistakes_are_quoted_by_their_own_lines() -> None:
    exact = [len(t) > 0 and not t[0].startswith("def ") for m in catalogue("numpy_rnn")
             for t in [lines(mutant(m), m)]]  # fmt: skip
    print(sum(exact), len(exact))
    assert sum(exact) >= 0.8 * len(exact)


def test_what_a_sibling_check_excludes_is_not_named(grade: Grade) -> None:
    find = "        for g in grads:\n            g *= max_norm / norm"
    source = solution("numpy_rnn")
    assert source.count(find) == 1
    report = grade(
        {
            "numpy_rnn.py": source.replace(
                find, "        grads = [g * max_norm / norm for g in grads]"
            )
        }
    )
    results = results_of(report, "numpy_rnn.clip.")
    for result in results.values():
        assert [d.mistake for d in result.diagnosis] == ["not_in_place"]


def test_a_cause_is_ruled_out_only_where_another_remains() -> None:
    def result(aspect: str, outcome: Outcome, *causes: str) -> CheckResult:
        named = tuple(Diagnosis(cause, Text("一", "one")) for cause in causes)
        words = f"numpy_rnn.clip.{aspect}", "numpy_rnn", Visibility.PUBLIC, Text("", "")
        return CheckResult(*words, outcome, diagnosis=named)

    def left(*results: CheckResult) -> list[str]:
        return [d.mistake for d in settled(results)[0].diagnosis]

    two = result("values", Outcome.FAILED, "not_in_place", "clip_condition_reversed")
    assert left(two) == ["not_in_place", "clip_condition_reversed"]
    assert left(two, result("hidden", Outcome.FAILED, "not_in_place")) == ["not_in_place"]
    assert len(left(two, result("hidden", Outcome.FAILED))) == 2  # said nothing
    assert len(left(two, result("hidden", Outcome.FAILED, "always_scaled"))) == 2  # none remains
    assert left(two, result("hidden", Outcome.PASSED)) == []  # a passed check refutes both
    assert len(left(two, result("hidden", Outcome.TIMED_OUT))) == 2


def test_what_is_left_out_points_at_the_function() -> None:
    (place,) = places(
        submission_of({"char_lstm.py": solution("char_lstm")}),
        edited(CHAR["zero_grad_missing"]),
        functions_of,
    )
    assert place.text.startswith("def train(")
    assert place.last > place.first


def test_lines_are_found_in_another_file_and_another_class() -> None:
    moved = (
        "class MyCell:\n"
        "    def backward(self, dh_t, cache):\n"
        "        x_t, h_prev, h_t = cache\n"
        "        dz = dh_t * (1 - h_t)\n"
        "        return dz\n"
    )
    submission = submission_of({"a/numpy_rnn.py": "class RNN:\n    pass\n", "a/cell.py": moved})
    (place,) = places(submission, edited(NUMPY["derivative_unsquared"]), functions_of)
    assert (place.path, place.first, place.last) == ("a/cell.py", 4, 4)


def test_lines_of_a_notebook_are_counted_in_their_cell() -> None:
    text = solution("numpy_rnn").replace("h_prev.T @ dz", "h_t.T @ dz")
    book = Source("a/lab.ipynb", ("x = 1\n", "%matplotlib inline\n", text), "utf-8")
    submission = dataclasses.replace(
        submission_of({"numpy_rnn.py": text}),
        sources=(book,),
        parts={"numpy_rnn": ("a/lab.ipynb",)},
    )
    (place,) = places(submission, edited(NUMPY["dwhh_with_h_t"]), functions_of)
    assert place.cell == 3
    assert text.split("\n")[place.first - 1].strip() == place.text


def test_unreadable_source_has_no_lines() -> None:
    for source in ("class RNN(:\n", "", "(" * 5000, "x = 1\n"):
        assert lines(source, NUMPY["dwhh_with_h_t"]) == []


def test_lines_and_clues_are_escaped_and_survive_the_record(grade: Grade) -> None:
    code = solution("numpy_rnn").replace(
        "self.dWhh += h_prev.T @ dz", 'self.dWhh += h_t.T @ dz  # <b>"&'
    )
    report = grade({"numpy_rnn.py": code})
    result = results_of(report)["numpy_rnn.backward.values"]
    (named,) = result.diagnosis
    assert [p.text for p in named.places] == ['self.dWhh += h_t.T @ dz  # <b>"&']
    page = html.render(report, staff=False)
    assert "self.dWhh += h_t.T @ dz # &lt;b&gt;" in page
    assert "<b>" not in page
    place = Place("a.py", 1, 2, "x", 3)
    whole = dataclasses.replace(
        result, clues=(Text("一", "one"),), diagnosis=(Diagnosis("m", Text("二", "two"), (place,)),)
    )
    assert CheckResult.from_json(json.loads(json.dumps(whole.to_json()))) == whole


# ---------------------------------------------------------------- clues

UNKNOWN = [
    (
        "h, cache = self.cell.forward(X[:, t], h)",
        "h, cache = self.cell.forward(X[:, t], h if t == 0 else 0.8 * h)",
        "forward.values",
        ("T = 1 right", "T = 3, B = 2 wrong"),
        "carried from step to step",
    ),
    (
        "logits = h @ self.Why + self.by",
        "logits = (h + 0.3 * (h - h.mean(axis=0))) @ self.Why + self.by",
        "forward.hidden",
        ("B = 1 right", "T = 1 wrong"),
        "axes",
    ),
    (
        "h, caches = h0, []",
        "h, caches = 0.7 * h0, []",
        "forward.values",
        ("h0 = 0 right",),
        "h0",
    ),
    (
        "dh = self.cell.backward(dh, cache)",
        "dh = 0.8 * self.cell.backward(dh, cache) if len(caches) > 1 else "
        "self.cell.backward(dh, cache)",
        "backward.hidden",
        ("forward right", "T = 1 right"),
        "carried from step to step",
    ),
    (
        "dh = dlogits @ self.Why.T",
        "dh = np.clip(dlogits @ self.Why.T, -8, 8)",
        "backward.hidden",
        ("T = 3, B = 2) right", "large gradients wrong"),
        "clipping",
    ),
]


@pytest.mark.parametrize(
    ("find", "replace", "check", "facts", "advice"), one_in(4, UNKNOWN, lambda row: row[1])
)
def test_a_mistake_that_is_not_known_is_narrowed_down(
    judge: Judge, find: str, replace: str, check: str, facts: tuple[str, ...], advice: str
) -> None:
    source = solution("numpy_rnn")
    assert source.count(find) == 1
    id = f"numpy_rnn.{check}"
    submission = submission_of({"numpy_rnn.py": source.replace(find, replace)})
    (result,) = judge.outcomes(submission, {id}).values()
    assert result.outcome == "failed"
    assert not result.diagnosis
    said = "\n".join(clue.en for clue in result.clues)
    assert "Compared with the reference: " in said
    assert all(fact in said for fact in facts), said
    assert advice in said
    assert all(clue.zh and "right" not in clue.zh for clue in result.clues)


def test_a_clue_holds_no_number_of_a_hidden_check(judge: Judge) -> None:
    find, replace, *_ = UNKNOWN[3]
    source = solution("numpy_rnn").replace(find, replace)
    ids = {"numpy_rnn.backward.hidden", "numpy_rnn.backward.norms_hidden"}
    results = judge.outcomes(submission_of({"numpy_rnn.py": source}), ids)
    for result in results.values():
        assert result.clues
        for clue in result.clues:
            for sentence in clue:
                assert not any(c.isdigit() and c not in "0123" for c in sentence), sentence
                assert "." not in sentence.rstrip(".").replace(". ", "")


def test_code_that_misbehaves_when_it_is_asked_again_costs_no_more(judge: Judge) -> None:
    """The questions go to a worker of their own: what it loses there is not a mark."""
    source = solution("numpy_rnn").replace(
        "h, caches = h0, []",
        "h, caches = 0.7 * h0, []\n"
        "        if self.vocab == 5:  # as in the questions\n"
        "            import os\n"
        "            os._exit(3)",
    )
    ids = {f"numpy_rnn.{name}" for name in ("forward.values", "backward.values", "clip.values")}
    results = judge.outcomes(submission_of({"numpy_rnn.py": source}), ids)
    assert {id: str(r.outcome) for id, r in results.items()} == {
        "numpy_rnn.forward.values": "failed",
        "numpy_rnn.backward.values": "passed",
        "numpy_rnn.clip.values": "passed",
    }
    assert not results["numpy_rnn.forward.values"].staff_note
    assert "wrong" in results["numpy_rnn.forward.values"].clues[1].en


def test_a_check_that_raised_has_no_clue(judge: Judge) -> None:
    source = solution("numpy_rnn").replace("h, caches = h0, []", "raise KeyError(3)")
    (result,) = judge.outcomes(
        submission_of({"numpy_rnn.py": source}), {"numpy_rnn.forward.values"}
    ).values()
    assert result.outcome in ("failed", "blocked")
    assert not result.clues
    assert not result.diagnosis


def test_a_call_with_many_inputs_is_asked_in_pieces_and_none_is_lost() -> None:
    made = [{"log_probs": [-0.1 * n]} for n in range(1, 20)]
    right = reference_runner("sequence").call("metric", {"name": "perplexity", "cases": made})
    asked = {"name": "perplexity", "cases": made}
    split = pieces("sequence", Call("metric", asked, right))
    assert len(split) > 2
    assert [case for call in split for case in call.arguments["cases"]] == made
    assert [value for call in split for value in call.answer["values"]] == right["values"]
    assert all(call.arguments["name"] == "perplexity" for call in split)
    for whole in (
        Call("metric", asked, None),
        Call("metric", asked, {"values": right["values"][1:]}),
        Call("metric", {"name": "bleu", "cases": []}, {"values": []}),
        Call("metric", {"name": "bleu"}, {"values": 3.0}),
        Call("greedy", asked, right),
    ):
        assert pieces("sequence", whole) == [whole]
