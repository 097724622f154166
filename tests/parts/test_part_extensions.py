"""Part extensions: torch as the oracle, optional points up to a cap, mistakes, other ways."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from handing_in import grade_files, solution, starter
from part_suites import Results, assert_killed, not_passed, run_suites, sampled
from preset_judge import by_rubric
from quick import one_in, only

from grader import ROOT
from grader.authoring.publish import points
from grader.core.errors import RubricError
from grader.core.model import CheckResult, Outcome, RowScore, Visibility
from grader.diagnosis import Mistake, catalogue, mutant
from grader.diagnosis.catalogue import both
from grader.judging.judge import Judge
from grader.scoring import rubric
from grader.scoring.score import score
from kit.plugin import Ended
from kit.rows import Points, Row
from kit.summary import summary
from kit.text import Text
from parts.extensions import cases, probes

VARIANTS = sorted((Path(__file__).resolve().parents[1] / "variants" / "extensions").glob("*.py"))
MISTAKES = catalogue("extensions")


@pytest.fixture
def outcomes(secret_file: Path) -> Callable[[str], Results]:
    """The suites in this process on a source."""
    return lambda source: run_suites("extensions", source, secret_file)


@pytest.fixture(scope="module")
def lab() -> SimpleNamespace:
    """What the solution defines."""
    space: dict[str, object] = {}
    exec(compile(solution("extensions"), "extensions.py", "exec"), space)
    return SimpleNamespace(**space)


# ---------------------------------------------------------------- oracles of others


@pytest.mark.parametrize("options", [{}, {"lr": 0.05, "betas": (0.7, 0.95), "eps": 1e-3}])
def test_adam_is_torchs(lab, options: dict) -> None:
    import torch

    case = cases.adam_case(np.random.default_rng(0), 8)
    mine = [p.copy() for p in case["params"]]
    theirs = [torch.tensor(p) for p in case["params"]]
    adam, right = lab.Adam(mine, **options), torch.optim.Adam(theirs, **options)
    for grads in case["steps"]:
        adam.step(grads)
        for p, g in zip(theirs, grads, strict=True):
            p.grad = torch.tensor(g)
        right.step()
        for got, wanted in zip(mine, theirs, strict=True):
            np.testing.assert_allclose(got, wanted.numpy(), rtol=0, atol=1e-13)


def test_the_decays_are_torchs(lab) -> None:
    import torch

    optimiser = torch.optim.SGD([torch.zeros(1)], lr=0.3)
    exponential = torch.optim.lr_scheduler.ExponentialLR(optimiser, 0.9)
    for step in range(6):
        assert lab.exponential_decay(0.3, 0.9, step) == pytest.approx(exponential.get_last_lr()[0])
        optimiser.step()
        exponential.step()
    optimiser = torch.optim.SGD([torch.zeros(1)], lr=0.3)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, 20)
    for step in range(21):
        assert lab.cosine_decay(0.3, step, 20) == pytest.approx(cosine.get_last_lr()[0], abs=1e-12)
        optimiser.step()
        cosine.step()


def test_the_gru_is_torchs_forward_and_backward(lab) -> None:
    import torch

    rng = np.random.default_rng(1)
    V, H, B, T = 6, 4, 3, 5
    model = lab.GRU(V, H)
    net = torch.nn.GRU(V, H, batch_first=True, dtype=torch.float64)
    names = {"weight_ih_l0": "Wx", "weight_hh_l0": "Wh", "bias_ih_l0": "bx", "bias_hh_l0": "bh"}
    model.bx, model.bh = rng.normal(size=3 * H), rng.normal(size=3 * H)
    net.load_state_dict({n: torch.tensor(getattr(model, w).T) for n, w in names.items()})
    x, h0 = rng.integers(0, V, (B, T)), rng.normal(size=(B, H))
    dlogits = rng.normal(size=(B, V))
    logits, h_T, caches = model.forward(x, h0)
    start = torch.tensor(h0[None], requires_grad=True)
    _, last = net(torch.tensor(np.eye(V)[x]), start)
    np.testing.assert_allclose(h_T, last[0].detach().numpy(), atol=1e-13)
    (last[0] @ torch.tensor(model.Why) * torch.tensor(dlogits)).sum().backward()
    np.testing.assert_allclose(model.backward(dlogits, caches, h_T), start.grad[0], atol=1e-13)
    for name, mine in names.items():
        right = getattr(net, name).grad.numpy().T
        np.testing.assert_allclose(getattr(model, "d" + mine), right, atol=1e-13)


def test_the_birnn_is_torchs(lab) -> None:
    import torch

    rng = np.random.default_rng(2)
    V, H, B, T = 6, 4, 3, 5
    model = lab.BiRNN(V, H)
    net = torch.nn.RNN(V, H, batch_first=True, bidirectional=True, dtype=torch.float64)
    state = {}
    for side, end in (("f", ""), ("b", "_reverse")):
        state |= {
            f"weight_ih_l0{end}": torch.tensor(getattr(model, "Wx" + side).T),
            f"weight_hh_l0{end}": torch.tensor(getattr(model, "Wh" + side).T),
            f"bias_ih_l0{end}": torch.tensor(getattr(model, "bh" + side)),
            f"bias_hh_l0{end}": torch.zeros(H, dtype=torch.float64),
        }
    net.load_state_dict(state)
    x, h0 = rng.integers(0, V, (B, T)), rng.normal(size=(2, B, H))
    _, last = net(torch.tensor(np.eye(V)[x]), torch.tensor(h0))
    np.testing.assert_allclose(model.forward(x, h0)[1], last.detach().numpy(), atol=1e-13)


# ---------------------------------------------------------------- the suites


def test_the_solution_loses_nothing(outcomes) -> None:
    results = outcomes(solution("extensions"))
    assert results
    assert not not_passed(results)


def test_an_untouched_starter_attempts_nothing(outcomes) -> None:
    results = outcomes(starter("extensions"))
    assert {str(r.outcome) for r in results.values()} == {"not_attempted"}


@pytest.mark.parametrize("mistake", sampled(MISTAKES))
def test_a_mistake_fails_the_checks_it_names_and_no_other(mistake: Mistake, outcomes) -> None:
    assert_killed(mistake, outcomes(mutant(mistake)))


def test_every_check_kills_a_mistake(outcomes) -> None:
    assert len(MISTAKES) >= 10
    named = {id for mistake in MISTAKES for id in mistake.fails}
    assert named == set(outcomes(solution("extensions")))


DONE = {
    "cells_by_gate": {"gru", "birnn"},
    "weights_in_a_dict": {
        *("adam", "early_stopping", "exponential_decay", "cosine_decay"),
        *("gru", "birnn", "acrostic"),
    },
    "weights_of_a_cell": {
        *("adam", "early_stopping", "exponential_decay", "cosine_decay"),
        *("gru", "birnn", "acrostic"),
    },
    "factories": {
        *("adam", "early_stopping", "exponential_decay", "cosine_decay"),
        *("gru", "birnn", "acrostic"),
    },
    "training_only": {"adam", "early_stopping", "exponential_decay", "cosine_decay"},
    "single_precision": {"gru", "birnn", "adam"},
    "poem_only": {"acrostic"},
}


OWN_LAYOUT = {
    f"extensions.{kind}.{way}_hidden"
    for kind in ("gru", "birnn")
    for way in ("forward", "backward")
}
PENDING = {"cells_by_gate": OWN_LAYOUT, "single_precision": OWN_LAYOUT}
"""Where weights have names of one's own, half of the points wait for a person."""


@pytest.mark.parametrize("path", VARIANTS, ids=lambda path: path.stem)
def test_what_is_done_another_way_passes_and_the_rest_is_skipped(path: Path, outcomes) -> None:
    results = outcomes(path.read_text("utf-8"))
    for id, result in results.items():
        done, pends = id.split(".")[1] in DONE[path.stem], id in PENDING.get(path.stem, ())
        wanted = Outcome.PASSED if done and not pends else Outcome.SKIPPED
        assert result.outcome == wanted, (id, result.message.en, result.staff_note)
        assert result.undecided == pends, id


UNGATED = (
    "h = np.tanh(xr + hr + xz + hz + xn + hn)",
    "h = 0.5 * h + 0.5 * np.tanh(xr + hr + xz + hz + xn + hn)",
    "h = xr + hr + xz + hz + xn + hn",
)
"""Plain networks with three times the weights, all of them in use."""

OWN_NAMES = ("Wx", "Wh", "bx", "bh")
"""Of the GRU; with an x behind them they are a layout of one's own."""


def renamed(source: str) -> str:
    for name in OWN_NAMES:
        source = re.sub(rf"\bself\.(d?){name}\b", rf"self.\g<1>{name}x", source)
        source = re.sub(rf"\b{name}=\(", f"{name}x=(", source)
    return source


@pytest.mark.parametrize("plain", one_in(3, UNGATED))
@pytest.mark.parametrize("own", [False, True])
def test_a_network_without_gates_is_no_gru(plain: str, own: bool, outcomes) -> None:
    """With the contract's names as with others; its backward is right for this forward."""
    source = solution("extensions").replace("h = (1 - z) * n + z * h", plain)
    slopes = "dz = dr = dn = dh * (1 - h_next**2)"
    for line in ("dn = dh * (1 - z) * (1 - n**2)", "dz = dh * (h - n)", "dr = dn * hn * r"):
        at = source.index(line)
        source = source[:at] + slopes + source[source.index("\n", at) :]
    results = outcomes(renamed(source) if own else source)
    for id in ("gru.forward", "gru.forward_hidden", "gru.backward_hidden"):
        assert results[f"extensions.{id}"].outcome == "failed", id


def test_a_layout_of_ones_own_is_half_and_half(outcomes) -> None:
    results = outcomes(renamed(solution("extensions")))
    assert {id for id, r in results.items() if r.undecided} == {
        id for id in OWN_LAYOUT if ".gru." in id
    }
    assert not [id for id, r in results.items() if r.outcome not in ("passed", "skipped")]


@pytest.mark.parametrize("share", ["(1 - z) * n + z * h", "z * n + (1 - z) * h"])
@pytest.mark.parametrize("order", only(("znr",), ("rzn", "znr")))
def test_another_convention_with_the_contracts_names_is_never_lost(
    share: str, order: str, outcomes
) -> None:
    source = solution("extensions").replace("h = (1 - z) * n + z * h", f"h = {share}")
    if share.startswith("z"):
        source = source.replace("dh * (1 - z) * (1 - n**2)", "dh * z * (1 - n**2)")
        source = source.replace("dz = dh * (h - n)", "dz = dh * (n - h)")
        source = source.replace("dh = dh * z + dh_side", "dh = dh * (1 - z) + dh_side")
    for kind in "xh":
        names = [", ".join(kind + gate for gate in gates) for gates in ("rzn", order)]
        source = source.replace(f"{names[0]} = np.split", f"{names[1]} = np.split")
    for last in ("dn", "dn * r"):
        stacked = ", ".join(last if gate == "n" else "d" + gate for gate in order)
        source = source.replace(f"np.hstack([dr, dz, {last}])", f"np.hstack([{stacked}])")
    results = outcomes(source)
    own = (share, order) != ("(1 - z) * n + z * h", "rzn")
    for id in ("gru.forward_hidden", "gru.backward_hidden"):
        assert results[f"extensions.{id}"].undecided == own, id
    assert not [id for id, r in results.items() if r.outcome not in ("passed", "skipped")]


FAKE = """
import numpy as np

class GRU:
    def __init__(self, vocab, hidden):
        self.V = vocab
        self.W = np.zeros(3 * hidden * (vocab + hidden) + hidden * vocab)
        self.dW = np.zeros_like(self.W)

    def forward(self, X_batch, h0):
        total = self.W.sum() + h0.sum(-1) + X_batch @ np.arange(1, X_batch.shape[1] + 1)
        return np.repeat(total[:, None], self.V, 1), h0, None

    def backward(self, dlogits, caches, h_T):
        self.dW += dlogits.sum()
        return np.ones_like(h_T) * dlogits.sum(1)[:, None]

class BiRNN(GRU):
    def forward(self, X_batch, h0):
        logits = super().forward(X_batch, h0.sum(0))[0]
        state = h0.copy()
        for t in range(X_batch.shape[1]):
            state[0] = state[0] / 2 + X_batch[:, t, None]
            state[1] = state[1] / 2 + X_batch[:, -1 - t, None]
        return logits, state, None
"""


def test_networks_without_gates_or_recurrence_earn_nothing(outcomes) -> None:
    results = outcomes(FAKE)
    tried = {id: r for id, r in results.items() if ".gru." in id or ".birnn." in id}
    earned = {id for id, r in tried.items() if r.outcome != "failed"}
    assert not earned


def test_an_idle_network_with_an_idle_backward_earns_nothing(outcomes) -> None:
    source = solution("extensions").replace("return h @ self.Why", "return 1 + 0 * h @ self.Why")
    step = "        self.dWhy += h_T.T @ dlogits\n"
    results = outcomes(source.replace(step, "        return 0 * h_T\n", 1))
    assert results["extensions.gru.forward"].outcome == "failed"
    assert results["extensions.gru.backward"].outcome == "failed"


WRONG_FORWARDS = {
    "gru": {
        "gru_ignores_h0",
        "gru_bias_of_the_state_missing",
        "gru_last_character_unread",
        "gru_state_not_carried",
    },
    "birnn": {
        "birnn_one_start_for_both",
        "birnn_bias_of_one_direction_missing",
        "birnn_without_recurrence",
    },
}
"""By id of the catalogue, which says that these cost nothing of backward."""

WRONG_BACKWARDS = {
    "gru": {"gru_update_path_missing", "gru_bias_mean", "gru_overwrites_dwhy"},
    "birnn": {"birnn_output_halves_exchanged", "birnn_overwrites_dwhy"},
}

BOTH_WRONG = sorted(
    (kind, forward, backward)
    for kind in WRONG_FORWARDS
    for forward in WRONG_FORWARDS[kind]
    for backward in WRONG_BACKWARDS[kind]
)


@pytest.mark.parametrize(("kind", "forward", "backward"), one_in(4, BOTH_WRONG))
def test_a_wrong_backward_gains_nothing_beside_a_wrong_forward(
    kind: str, forward: str, backward: str, outcomes
) -> None:
    by_id = {mistake.id: mistake for mistake in MISTAKES}
    source = both(by_id[forward], by_id[backward])
    assert source is not None
    results = outcomes(source)
    for id in ("forward", "forward_hidden", "backward", "backward_hidden"):
        assert results[f"extensions.{kind}.{id}"].outcome == "failed", id


def test_slopes_of_a_forward_without_recurrence_are_worth_half(outcomes) -> None:
    source = solution("extensions").replace(
        "swapaxes(0, 1):  # (B, V), step", "swapaxes(0, 1)[-1:]:  #"
    )
    source = source.replace("n = np.tanh(xn + r * hn)", "r = np.ones_like(r); n = np.tanh(xn + hn)")
    results = outcomes(source)
    for id in ("backward", "backward_hidden"):
        result = results[f"extensions.gru.{id}"]
        assert (result.outcome, result.fraction) == ("partial", Fraction(1, 2)), result.message.en
        assert "not recurrent" in result.message.en


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("kind", ["gru", "birnn"])
def test_a_network_that_keeps_its_state_is_told_so(kind: str, own: bool, outcomes) -> None:
    (mistake,) = (m for m in MISTAKES if m.id == f"{kind}_keeps_its_state")
    source = renamed(mutant(mistake)) if own else mutant(mistake)
    results = outcomes(source)
    assert "keep no state between calls" in results[f"extensions.{kind}.forward"].message.en
    assert results[f"extensions.{kind}.backward"].outcome == "passed"


@pytest.mark.parametrize(
    ("steps", "whole"),
    [
        ([["a"], ["b"]], ["a", "b"]),
        ([("a",), ("b",)], ("a", "b")),
        ([{"f": [1], "b": [2]}, {"f": [3], "b": [4]}], {"f": [1, 3], "b": [2, 4]}),
        ([([1], [2]), ([3], [4])], ([1, 3], [2, 4])),
        ([[np.zeros(2), [1]], [np.zeros(2), [2]]], None),
        ([np.zeros(2), np.zeros(2)], None),
        ([[1], (2,)], None),
        ([{"f": [1]}, {"b": [1]}], None),
        ([], None),
    ],
)
def test_caches_of_steps_are_joined_where_they_are_lists_of_steps(
    steps: list, whole: object
) -> None:
    assert probes._joined(steps) == whole


# ---------------------------------------------------------------- optional points


OPTIONAL = """\
version: 1
title: {zh: 选, en: Some}
total: 4
rows:
  - id: extensions
    title: {zh: 扩展, en: Extensions}
    points: 4
    marked_by: checks
    optional: true
    parts:
      extensions: {points: 6, checks: {extensions.a: 3, extensions.b: 2, extensions.c: 1}}
"""


def scored(**outcomes: str) -> RowScore:
    """The row of three checks that end so."""
    results = {
        f"extensions.{name}": CheckResult(
            id=f"extensions.{name}",
            part="extensions",
            visibility=Visibility.PUBLIC,
            title=Text("", ""),
            outcome=Outcome(outcome),
            message=Text("", ""),
            fraction=Fraction(outcome == "passed"),
        )
        for name, outcome in outcomes.items()
    }
    return score(rubric.parse(OPTIONAL.encode()), results).rows[0]


def test_passed_checks_earn_up_to_the_rows_points() -> None:
    row = scored(a="passed", b="passed", c="passed")
    assert (row.earned, row.possible, row.pending) == (4, 4, 0)
    row = scored(a="passed", b="failed", c="skipped")
    assert (row.earned, row.possible, row.pending) == (3, 4, 0)


def test_what_is_not_defined_earns_nothing_and_leaves_nothing_to_mark() -> None:
    row = scored(a="skipped", b="skipped", c="skipped")
    assert (row.earned, row.possible, row.pending) == (0, 4, 0)


def test_a_fault_of_the_grader_waits_but_no_more_than_is_left() -> None:
    row = scored(a="passed", b="grader_error", c="skipped")
    assert (row.earned, row.pending) == (3, 1)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("points: 6,", "points: 5,", "checks and pending add up to 6, expected 5"),
        ("    points: 4\n", "    points: 7\n", "its parts add up to 6, expected 7"),
        ("optional: true", "optional: yes", "expected true or false"),
        ("    optional: true\n", "", "its parts add up to 6, expected 4"),
    ],
)
def test_a_faulty_optional_row_is_refused(old: str, new: str, said: str) -> None:
    with pytest.raises(RubricError) as caught:
        rubric.parse(OPTIONAL.replace(old, new).encode())
    assert said in caught.value.text.en


def test_only_a_row_of_checks_can_be_optional() -> None:
    text = OPTIONAL.partition("    parts:")[0].replace("checks", "ta")
    with pytest.raises(RubricError, match="only a row marked by checks can be optional"):
        rubric.parse(text.encode())


@pytest.fixture(scope="module")
def optional_judge(judge: Judge) -> Judge:
    """A judge by the row of the default rubric alone."""
    text = (ROOT / "rubric.yaml").read_text("utf-8")
    row = "  - id: extensions" + text.partition("  - id: extensions")[2].partition("\n\n")[0]
    head = "version: 1\ntitle: {zh: 选, en: Some}\ntotal: 10\nrows:\n"
    return by_rubric(judge, rubric.parse((head + row + "\n").encode()))


def test_the_judge_gives_the_cap_for_all_of_it(optional_judge, tmp_path) -> None:
    report = grade_files(optional_judge, tmp_path, {"a/extensions.py": solution("extensions")})
    assert {str(c.result.outcome) for c in report.score.checks} == {"passed"}
    assert (report.score.earned, report.score.possible, report.score.pending) == (10, 10, 0)


def test_without_the_part_all_is_skipped_and_nothing_is_pending(optional_judge, tmp_path) -> None:
    report = grade_files(optional_judge, tmp_path, {"a/main.py": "print('nothing optional')\n"})
    assert {str(c.result.outcome) for c in report.score.checks} == {"skipped"}
    assert (report.score.earned, report.score.pending) == (0, 0)
    assert "optional and not done" in report.score.checks[0].result.message.en


def test_part_of_it_earns_its_points(optional_judge, tmp_path) -> None:
    path = next(p for p in VARIANTS if p.stem == "training_only")
    report = grade_files(optional_judge, tmp_path, {"a/extra.py": path.read_bytes()})
    assert report.score.earned == 7
    assert {str(c.result.outcome) for c in report.score.checks} == {"passed", "skipped"}


def test_students_see_optional_points_apart() -> None:
    published = points(rubric.load(ROOT / "rubric.yaml"))
    assert published["optional"] == {"extensions": "10"}
    assert json.loads((ROOT / "starter" / "tests" / "points.json").read_text("utf-8")) == published
    ended = [
        Ended(id, id.split(".")[0], Text("", ""), False, False, "passed", fraction=Fraction(1))
        for id in ("numpy_rnn.clip.values", "extensions.gru.backward", "theory.delta.values")
    ]
    lines = "\n".join(summary([Row.of(e) for e in ended], Points.of(published), "en"))
    assert "Public part: 0.25 of 0.25 points; 6.25 more" in lines
    assert "Optional, extensions: 1.5 points; at most 10 count" in lines
    assert "theory.delta.values" in lines
