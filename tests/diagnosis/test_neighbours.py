"""Where no known mistake fits, an edit of the solution that gives the same numbers is named."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from handing_in import Files, solution, submission_of
from quick import one_in
from wrong_causes import ROWS, STOP, Row

from grader.core.model import CheckResult, GradeReport
from grader.diagnosis import catalogue, explain, mutant, neighbours, settled
from grader.diagnosis.places import Edited, written
from grader.feedback import html
from grader.judging.judge import Judge
from grader.judging.trusted import trusted_source
from grader.mutation import Mutation, confusions_of, mutations
from grader.parts.registry import spec_of
from grader.reader.functions import functions_of

Grade = Callable[[Files], GradeReport]

KNOWN = {m.id for part in ("numpy_rnn", "theory", "sequence") for m in catalogue(part)}


def edit(part: str, function: str, after: str) -> Mutation:
    """The mutation of a function whose statement becomes `after`."""
    return next(m for m in mutations(part) if m.function == function and m.after == after)


def failed(judge: Judge, part: str, source: str) -> dict[str, CheckResult]:
    """The failed checks of a source, as a report has them; none that trains is run."""
    judge = judge.of_parts((part,))
    ids = {c.id for c in judge.checks if not c.advice and not c.id.endswith(".learning")}
    results = settled(judge.outcomes(trusted_source(part, source), ids).values())
    return {r.id: r for r in results if r.outcome in ("failed", "partial")}


EDITS = [
    ("theory", "delta", "out[t, k] = (1 - h[k] ** 2) * (U.T @ out[t, k])", "theory.delta.values"),
    ("theory", "grads_from_delta", "d = delta.mean(axis=0)", "theory.grads.values"),
    ("sequence", "gru_step_forward", "return n + z * h_prev", "sequence.gru.values"),
    ("sequence", "layer_norm", "var = x.var(keepdims=True)", "sequence.layer_norm.values"),
    ("numpy_rnn", "RNN.backward", "dh = dlogits", "numpy_rnn.backward.values"),
    # An exception: by its class and its words.
    ("theory", "forward", "return (h, softmax(h @ V))", "theory.forward.values"),
]


@pytest.mark.parametrize(("part", "function", "after", "check"), one_in(4, EDITS))
def test_the_kind_of_an_edit_and_its_place_are_named(
    judge: Judge, part: str, function: str, after: str, check: str
) -> None:
    made = edit(part, function, after)
    results = failed(judge, part, made.source)
    (first, *_) = results[check].diagnosis
    assert first.mistake.startswith(f"{part}.{function}:") or first.mistake in KNOWN
    places = [p for p in first.places if p.first <= made.first <= p.last]
    assert places, first
    if first.mistake not in KNOWN:
        assert made.edit.en in results[check].staff_note


NAMED_ANYWAY = [
    # A right answer of a check with torch says nothing of it, and once refuted it.
    ("poems", "crlf_kept"),
    # Raised, with the catalogue's text.
    ("numpy_rnn", "dlogits_for_dh"),
    ("numpy_rnn", "state_on_its_side"),
]


def test_of_one_statement_more_kinds_are_named(judge: Judge) -> None:
    made = edit("numpy_rnn", "clip_by_norm", "norm = np.sqrt(sum(((g ** 1).sum() for g in grads)))")
    results = failed(judge, "numpy_rnn", made.source)
    named = {d.mistake.split(":")[1] for r in results.values() for d in r.diagnosis}
    assert {"constant", "operand"} <= named
    assert len(named) > explain.MOST_KINDS
    places = {p.first for r in results.values() for d in r.diagnosis for p in d.places}
    assert made.first in places


def test_what_raises_in_a_long_call_is_named_by_its_text(judge: Judge) -> None:
    made = edit(
        "numpy_rnn",
        "gradient_check",
        "scale = max(np.abs(dW).max(), np.abs(numeric), 1e-08)",
    )
    results = failed(judge, "numpy_rnn", made.source)
    assert made.id in {d.mistake for r in results.values() for d in r.diagnosis}


@pytest.mark.parametrize(("part", "known"), NAMED_ANYWAY)
def test_a_known_mistake_is_named_in_each_of_its_checks(
    judge: Judge, part: str, known: str
) -> None:
    (mistake,) = (m for m in catalogue(part) if m.id == known)
    results = failed(judge, part, mutant(mistake))
    named = {id: [d.mistake for d in r.diagnosis] for id, r in results.items()}
    assert named == dict.fromkeys(named, [known])
    assert named


# The part, a text of its solution, what stands there, the function, and the kind of edit.
CONFUSED = [
    (
        "numpy_rnn", "logits = h @ self.Why",
        "logits = np.maximum(h, 0) @ self.Why",
        "RNN.forward", "applied",
    ),
    (
        "numpy_rnn", "self.dWhy += h_T.T @ dlogits  #",
        "self.dWhy += h_T.T @ dlogits / len(h_T)  #",
        "RNN.backward", "scale",
    ),
    (
        "numpy_rnn", "np.stack([h_t for _, _, h_t in caches], axis=1)",
        "np.stack([h_t for _, _, h_t in caches]).reshape(len(h_T), -1, h_T.shape[1])",
        "RNN.forward_all", "turned",
    ),
    (
        "theory", "np.tanh(U @ h_k + W @ x_k + b)",
        "np.tanh(U @ h_k + W @ x_k) + b",
        "forward", "scope",
    ),
    (
        "theory", "d.T @ x, d.sum(axis=0)",
        "d[1:].T @ x[:-1], d.sum(axis=0)",
        "grads_from_delta", "terms",
    ),
    ("theory", "(U.T @ out[t, k + 1])", "(U.T @ out[k + 1, k + 1])", "delta", "name"),
    ("sequence", "xn + r * hn", "xn + (1 - r) * hn", "gru_step_forward", "complement"),
    ("extensions", "(np.sqrt(v_hat) + self.eps)", "(np.sqrt(v_hat) + 1e-8)", "Adam.step", "fixed"),
    # It raises, and stands there word for word.
    (
        "numpy_rnn", "self.cell.forward(X[:, t], h)",
        "self.cell.forward(X[t], h)",
        "RNN.forward", "axis",
    ),
    # Lines around a blank, which the starter gave.
    (
        "char_lstm", "[[c2i[c] for c in seed]]",
        "[[c2i[c] for c in seed[::-1]]]",
        "generate", "order",
    ),
    (
        "char_lstm", "    model.eval()  # no dropout",
        "    torch.manual_seed(0)\n    model.eval()  # no dropout",
        "generate", "seed",
    ),
    # Of a call that takes long, a shorter one tells it from the others.
    (
        "scratch_rnn", "mean.backward()\n            grad_clipping(net, 1)\n            updater(",
        "(mean * 2).backward()\n            grad_clipping(net, 1)\n            updater(",
        "train_epoch", "scale",
    ),
    ("numpy_rnn", "h0 = np.zeros((len(X)", "h0 = np.ones((len(X)", "gradient_check", "function"),
    # Only what is kept of the forward pass tells it from an error there.
    (
        "extensions", "in reversed(caches):\n            dn",
        "in caches[-1:]:\n            dn",
        "GRU.backward", "loop",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("part", "right", "wrong", "function", "kind"), one_in(4, CONFUSED))
def test_what_a_person_confuses_is_named_where_it_was_done(
    judge: Judge, part: str, right: str, wrong: str, function: str, kind: str
) -> None:
    source = solution(part)
    assert source.count(right) == 1
    results = failed(judge, part, source.replace(right, wrong))
    found = [d.mistake for r in results.values() for d in r.diagnosis]
    assert found
    assert all(id.startswith(f"{part}.{function}:{kind}:") for id in found)


KNOWN_BY_NAME = [
    (
        "numpy_rnn",
        "for i in np.ndindex(W.shape):",
        "for i in [(0,) * W.ndim]:",
        "numeric_stays_zero",
    ),
    ("extensions", STOP, "if loss - self.min_delta < self.best:", "min_delta_added"),
    ("extensions", STOP, "if np.abs(loss - self.best) > self.min_delta:", "rise_improves"),
]


@pytest.mark.parametrize(("part", "right", "wrong", "known"), KNOWN_BY_NAME)
def test_a_sibling_of_a_known_mistake_is_not_named_for_it(
    judge: Judge, part: str, right: str, wrong: str, known: str
) -> None:
    source = solution(part)
    assert source.count(right) == 1
    results = failed(judge, part, source.replace(right, wrong))
    assert results
    for result in results.values():
        assert {d.mistake for d in result.diagnosis} == {known}, result.id


RAISE = [
    # Each raises what some edit of the solution raises too, and is another mistake.
    (
        "numpy_rnn",
        "h, cache = self.cell.forward(X[:, t], h)",
        "h = self.cell.forward(X[:, t], h)",
    ),
    ("numpy_rnn", "self.cell.forward(X[:, t], h)", "self.cell.forward(X[t].copy(), h)"),
    ("theory", "np.vstack([np.zeros_like(h[:1]), h[:-1]])", "h[:-1]"),
    ("theory", "np.tanh(U @ h_k + W @ x_k + b)", "np.tanh(h_k @ U + x_k @ W + b)"),
]


@pytest.mark.parametrize(("part", "right", "wrong"), one_in(3, RAISE, lambda row: row[2]))
def test_an_exception_alone_is_no_evidence(judge: Judge, part: str, right: str, wrong: str) -> None:
    source = solution(part)
    assert source.count(right) == 1
    results = failed(judge, part, source.replace(right, wrong))
    assert any("raised" in r.message.en for r in results.values())
    assert not any(r.diagnosis for r in results.values())


def test_an_edit_is_written_where_its_statement_stands_and_the_right_one_does_not() -> None:
    made = edit("theory", "forward", "return (h, softmax(h @ V))")
    asked = Edited("theory", made.first, made.source)
    right, after = "return h, softmax(h @ V.T)", "return h, softmax(h @ V)"
    both = f"if len(x) > 9:\n        {right}\n    {after}"
    source = solution("theory")
    for text, expected in ((after, True), (right, False), (both, False)):
        own = submission_of({"theory.py": source.replace(right, text)})
        assert written(own, asked, functions_of) is expected, text
    # A statement that is left out cannot be found: all the others have to be the solution's.
    line = "    h = np.array(h)  # (T, H)\n"
    gone = next(m for m in mutations("theory") if m.before in line and m.operator == "statement")
    asked = Edited("theory", gone.first, gone.source)
    idle = "    h = h\n"
    for text, expected in (("", True), (idle, True), ("    found = 3\n", False), (line, False)):
        own = submission_of({"theory.py": source.replace(line, text)})
        assert written(own, asked, functions_of) is expected, text


def test_a_student_reads_no_line_of_the_solution_and_staff_read_the_edit(grade: Grade) -> None:
    after = "norm = np.sqrt(sum(((g ** 3).sum() for g in grads)))"
    made = edit("numpy_rnn", "clip_by_norm", after)
    right = "norm = np.sqrt(sum((g**2).sum() for g in grads))"
    assert right in solution("numpy_rnn")
    report = grade({"numpy_rnn.py": made.source})
    named = [c.result for c in report.score.checks if c.result.diagnosis]
    assert any(made.edit.en in r.staff_note for r in named)
    assert made.before in html.render(report, staff=True).replace("&#34;", '"')
    page = html.render(report, staff=False)
    assert "clip_by_norm" in page
    for secret in (right, made.before, made.edit.en, made.id):
        assert secret not in page


def test_no_more_mutants_are_asked_than_are_allowed(
    judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    fits = neighbours.FailedCheck.fits

    def counted(self: object, source: str, name: str = "") -> bool:
        if name:
            asked.append(name)
        return fits(self, source, name)  # type: ignore[arg-type]

    monkeypatch.setattr(neighbours.FailedCheck, "fits", counted)
    monkeypatch.setattr(neighbours, "MOST_A_CHECK", 7)
    monkeypatch.setattr(neighbours, "MOST_IN_ALL", 10)
    text = solution("theory").replace("h_k = np.tanh(", "h_k = 0.3 + np.tanh(")
    text = text.replace("out = np.zeros((T, T, H))", "out = np.full((T, T, H), 0.3)")
    text = text.replace("d = delta.sum(axis=0)", "d = 0.3 + delta.sum(axis=0)")
    results = failed(judge, "theory", text)
    assert len(results) >= 2
    assert 7 < len(asked) <= 10


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(
            row,
            id=row.name,
            marks=() if i % 4 == 0 and spec_of(row.part).in_process else pytest.mark.slow,
        )
        for i, row in enumerate(ROWS)
    ],
)
def test_no_cause_is_named_that_was_not_made(judge: Judge, row: Row) -> None:
    results = failed(judge, row.part, row.source)
    assert results
    named = {id for r in results.values() for d in r.diagnosis for id in d.mistake.split(" + ")}
    assert not named & set(row.never)
    known = {m.id for m in catalogue(row.part)}
    assert set(row.never) <= known, set(row.never) - known


@pytest.mark.slow
def test_the_same_hand_in_is_explained_in_the_same_words_again(judge: Judge) -> None:
    made = edit("theory", "grads_from_delta", "d = delta.mean(axis=0)")
    first, second = (failed(judge, "theory", made.source) for _ in range(2))
    assert [r.diagnosis for r in first.values()] == [r.diagnosis for r in second.values()]
    assert any(r.diagnosis for r in first.values())


def test_what_raises_is_not_compared_by_its_line(judge: Judge) -> None:
    wrong = submission_of({"theory.py": "\n\n" + solution("theory").replace("h @ V.T", "h @ V")})
    judge = judge.of_parts(("theory",))
    (result,) = judge.outcomes(wrong, {"theory.forward.values"}).values()
    assert result.diagnosis
    assert result.diagnosis[0].mistake.startswith("theory.forward:transpose:")


def test_a_variable_in_the_place_of_another_is_named(judge: Judge) -> None:
    made = next(
        m
        for m in confusions_of("sequence", "lstm_step_backward")
        if m.after == "di = dc * f * i * (1 - i)"
    )
    results = failed(judge, "sequence", made.source)
    (named, *_) = results["sequence.lstm_backward.values"].diagnosis
    assert named.mistake == made.id
    assert [p.first for p in named.places] == [made.first]
