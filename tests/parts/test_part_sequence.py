"""Part sequence: oracles, the solution, its known mistakes, right code written another way."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from handing_in import grade_files, lost, solution, starter
from part_suites import Results, assert_killed, not_passed, run_suites, sampled
from preset_judge import by_preset
from quick import one_in

from grader.diagnosis import Mistake, catalogue, diagnose, mutant
from grader.diagnosis.answers import Call
from grader.judging.judge import Judge
from grader.parts.reference import reference_runner, runner_on_source
from kit.numerics import binomial_range, draws_disagree, softmax
from kit.outcomes import Failed
from kit.text import Text
from parts.sequence import cases
from parts.sequence import checks_random as drawn

VARIANTS = sorted((Path(__file__).resolve().parents[1] / "variants" / "sequence").glob("*.py"))
MISTAKES = catalogue("sequence")


@pytest.fixture
def outcomes(secret_file: Path) -> Callable[[str], Results]:
    """The suites in this process on a source."""
    return lambda source: run_suites("sequence", source, secret_file)


@pytest.fixture(scope="module")
def lab() -> SimpleNamespace:
    """What the solution defines."""
    space: dict[str, object] = {}
    exec(compile(solution("sequence"), "sequence.py", "exec"), space)
    return SimpleNamespace(**space)


def replaced(find: str, replace: str) -> str:
    source = solution("sequence")
    assert source.count(find) == 1, find
    return source.replace(find, replace)


# ---------------------------------------------------------------- oracles of others


def test_the_lstm_step_is_torchs_forward_and_backward(lab) -> None:
    import torch

    for seed in range(20):
        case = cases.lstm_case(np.random.default_rng(seed))
        given = case["inputs"]
        E, H = given["Wx"].shape[0], given["Wh"].shape[0]
        cell = torch.nn.LSTMCell(E, H, dtype=torch.float64)
        with torch.no_grad():
            cell.weight_ih.copy_(torch.tensor(given["Wx"].T))
            cell.weight_hh.copy_(torch.tensor(given["Wh"].T))
            cell.bias_ih.copy_(torch.tensor(given["b"]))
            cell.bias_hh.zero_()
        x, h, c = (torch.tensor(given[n], requires_grad=True) for n in ("x_t", "h_prev", "c_prev"))
        h_t, c_t = cell(x, (h, c))
        loss = (h_t * torch.tensor(case["dh_t"])).sum() + (c_t * torch.tensor(case["dc_t"])).sum()
        loss.backward()
        got_h, got_c, cache = lab.lstm_step_forward(**given)
        got = lab.lstm_step_backward(case["dh_t"], case["dc_t"], cache)
        right = (x.grad, h.grad, c.grad, cell.weight_ih.grad.T, cell.weight_hh.grad.T,
                 cell.bias_ih.grad)  # fmt: skip
        for a, b in zip((got_h, got_c, *got), (h_t, c_t, *right), strict=True):
            np.testing.assert_allclose(a, b.detach().numpy(), atol=1e-13)


def test_the_gru_step_is_torchs(lab) -> None:
    import torch

    for seed in range(20):
        case = cases.gru_case(np.random.default_rng(seed))
        cell = torch.nn.GRUCell(*case["x_t"].shape[1:], case["h_prev"].shape[1])
        names = {"weight_ih": case["Wx"].T, "weight_hh": case["Wh"].T, "bias_ih": case["bx"]}
        cell.load_state_dict(
            {n: torch.tensor(w) for n, w in (names | {"bias_hh": case["bh"]}).items()}
        )
        right = cell.double()(torch.tensor(case["x_t"]), torch.tensor(case["h_prev"]))
        np.testing.assert_allclose(lab.gru_step_forward(**case), right.detach().numpy(), atol=1e-13)


def test_the_bilstm_is_torchs(lab) -> None:
    import torch

    case = cases.bilstm_case(np.random.default_rng(3))
    E, H = case["x"].shape[2], case["forward"]["Wh"].shape[0]
    net = torch.nn.LSTM(E, H, batch_first=True, bidirectional=True, dtype=torch.float64)
    state = {}
    for side, params in (("", case["forward"]), ("_reverse", case["backward"])):
        state |= {
            f"weight_ih_l0{side}": torch.tensor(params["Wx"].T),
            f"weight_hh_l0{side}": torch.tensor(params["Wh"].T),
            f"bias_ih_l0{side}": torch.tensor(params["b"]),
            f"bias_hh_l0{side}": torch.zeros(4 * H, dtype=torch.float64),
        }
    net.load_state_dict(state)
    params = [tuple(case[side][n] for n in ("Wx", "Wh", "b")) for side in ("forward", "backward")]
    right = net(torch.tensor(case["x"]))[0].detach().numpy()
    np.testing.assert_allclose(lab.bilstm_forward(case["x"], *params), right, atol=1e-13)


def test_layer_norm_and_masked_cross_entropy_are_torchs(lab) -> None:
    import torch

    rng = np.random.default_rng(0)
    case = cases.layer_case(rng, (2, 3, 5), 0.01)
    x, gamma, beta = (torch.tensor(case[n]) for n in ("x", "gamma", "beta"))
    right = torch.nn.functional.layer_norm(x, (5,), gamma, beta, 1e-5)
    np.testing.assert_allclose(lab.layer_norm(**case), right.numpy(), atol=1e-13)

    case = cases.masked_case(rng)
    logits = torch.tensor(case["logits"], requires_grad=True)
    targets = torch.tensor(np.where(case["mask"], case["targets"], -100))
    loss = torch.nn.functional.cross_entropy(logits.transpose(1, 2), targets)
    loss.backward()
    got, dlogits = lab.masked_cross_entropy(**case)
    assert got == pytest.approx(loss.item(), abs=1e-13)
    np.testing.assert_allclose(dlogits, logits.grad.numpy(), atol=1e-13)


def by_definition(candidate: list, references: list, max_n: int) -> float:
    """BLEU by the words of Papineni et al. (2002), counting with lists."""
    precisions = []
    for n in range(1, max_n + 1):
        grams = [candidate[i : i + n] for i in range(len(candidate) - n + 1)]
        hits = 0
        for gram in {tuple(g) for g in grams}:
            shown = [
                sum(tuple(ref[i : i + n]) == gram for i in range(len(ref) - n + 1))
                for ref in references
            ]
            hits += min(grams.count(list(gram)), max(shown))
        precisions.append(hits / len(grams) if grams else 0.0)
    if min(precisions) == 0:
        return 0.0
    c = len(candidate)
    closest = sorted(references, key=lambda ref: (abs(len(ref) - c), len(ref)))[0]
    penalty = 1.0 if c > len(closest) else math.exp(1 - len(closest) / c)
    return penalty * math.prod(precisions) ** (1 / max_n)


def test_bleu_is_the_papers(lab) -> None:
    made = cases.sentences(np.random.default_rng(5), 400)
    scores = [by_definition(**case) for case in made]
    assert 0.2 < np.mean(np.array(scores) > 0) < 0.98  # zeros occur, and are not the rule
    for case, score in zip(made, scores, strict=True):
        assert lab.bleu(**case) == pytest.approx(score, abs=1e-12)


def test_buckets_are_as_good_as_any_when_all_orders_are_tried(lab) -> None:
    """Enumeration: no cut of any order pads less than the better of the two sorted ones."""
    rng = np.random.default_rng(1)
    for _ in range(20):
        lengths = rng.integers(1, 9, 6).tolist()

        def padding(order, lengths=lengths):
            rows = [[lengths[i] for i in order[at : at + 4]] for at in (0, 4)]
            return sum(len(row) * max(row) - sum(row) for row in rows)

        best = min(padding(order) for order in itertools.permutations(range(6)))
        up = sorted(range(6), key=lengths.__getitem__)
        assert best == min(padding(up), padding(up[::-1]))
        assert padding(list(itertools.chain(*lab.bucket_by_length(lengths, 4)))) == padding(up)


# ---------------------------------------------------------------- the suites


def test_the_solution_loses_nothing(outcomes) -> None:
    results = outcomes(solution("sequence"))
    assert results
    assert not not_passed(results)


def test_an_untouched_starter_attempts_nothing(outcomes) -> None:
    results = outcomes(starter("sequence"))
    assert {str(r.outcome) for r in results.values()} == {"not_attempted"}


@pytest.mark.parametrize("mistake", sampled(MISTAKES))
def test_a_mistake_fails_the_checks_it_names_and_no_other(mistake: Mistake, outcomes) -> None:
    assert_killed(mistake, outcomes(mutant(mistake)))


def test_every_check_kills_a_mistake(outcomes) -> None:
    assert len(MISTAKES) >= 25
    named = {id for mistake in MISTAKES for id in mistake.fails}
    checks = outcomes(solution("sequence")).values()
    assert named == {check.id for check in checks if not check.advice}


@pytest.mark.parametrize("path", one_in(2, VARIANTS, lambda path: path.stem))
def test_right_code_written_another_way_loses_nothing(path: Path, stage2, tmp_path) -> None:
    assert not lost(grade_files(stage2, tmp_path, {f"alice/{path.name}": path.read_bytes()}))


def test_there_are_enough_variants() -> None:
    assert len(VARIANTS) >= 4


def test_a_mistake_is_named_to_the_student() -> None:
    for id, probe in (
        ("update_gate_reversed", "gru"),
        ("backward_half_not_turned_round", "bilstm"),
    ):
        wrong = next(m for m in MISTAKES if m.id == id)
        rng = np.random.default_rng(0)
        asked = {"inputs": cases.gru_case(rng)} if probe == "gru" else cases.bilstm_case(rng)
        answer = runner_on_source("sequence", mutant(wrong)).call(probe, asked)
        found = diagnose("sequence", wrong.fails[0], [Call(probe, asked, answer)])
        assert [[mistake.id for mistake in group] for group in found] == [[id]]


# ---------------------------------------------------------------- independent blame


def test_a_wrong_lstm_step_costs_the_bilstm_nothing(outcomes) -> None:
    for find, replace in (
        ("h_t = o * np.tanh(c_t)  # (B, H)", "h_t = o * c_t"),
        ("i, f, g, o = np.split(x_t @ Wx", "o, g, f, i = np.split(x_t @ Wx"),
    ):
        results = outcomes(replaced(find, replace))
        assert results["sequence.lstm_forward.values"].outcome == "failed"
        assert results["sequence.bilstm.values"].outcome == "passed"
        assert results["sequence.bilstm.hidden"].outcome == "passed"


def test_an_idle_lstm_step_earns_the_bilstm_nothing(outcomes) -> None:
    idle = "h_t, c_t = 0 * h_prev + 0.3, 0 * c_prev + 0.2\n    return h_t, c_t, ("
    results = outcomes(replaced("return h_t, c_t, (", idle))
    assert results["sequence.bilstm.values"].outcome == "failed"
    assert results["sequence.bilstm.hidden"].outcome == "failed"


def test_a_backward_that_fits_its_own_wrong_forward_earns_its_part(outcomes) -> None:
    source = replaced("x_t @ Wx + h_prev @ Wh + b, 4", "2 * (x_t @ Wx + h_prev @ Wh + b), 4")
    source = source.replace(
        "dz = np.hstack([di, df, dg, do])  # (B, 4H)", "dz = 2 * np.hstack([di, df, dg, do])"
    )
    wrong = not_passed(outcomes(source))
    assert set(wrong) == {"sequence.lstm_forward.values", "sequence.lstm_forward.hidden"}


def test_an_idle_backward_of_an_idle_forward_earns_nothing(outcomes) -> None:
    source = replaced("return h_t, c_t, (", "return 0 * h_t, 0 * c_t, (")
    source = source.replace(
        "dz = np.hstack([di, df, dg, do])", "dc = 0 * dc\n    dz = 0 * x_t @ Wx"
    )
    results = outcomes(source)
    assert results["sequence.lstm_backward.values"].outcome == "failed"
    assert results["sequence.lstm_backward.hidden"].outcome == "failed"


# ---------------------------------------------------------------- false alarms


def test_ranges_of_counts_are_those_of_the_calibration() -> None:
    assert binomial_range(1000, 0.75) == (664, 830)
    assert binomial_range(2000, 0.75) == (1379, 1615)
    assert binomial_range(1000, 0.3) == (214, 391)


def likeliest(probs: np.ndarray, count: int) -> np.ndarray:
    """`probs` without all but the `count` largest."""
    kept = np.where(probs >= np.sort(probs)[-count], probs, 0)
    return np.asarray(kept / kept.sum())


@pytest.mark.parametrize("more", [-1, 1, 2])
def test_a_sampler_is_judged_by_the_students_own_top_k(more: int) -> None:
    """A wrong k costs the probabilities only; one that draws the likeliest is still found."""

    class Other(SimpleNamespace):
        greedy = False

        def probabilities(self, kind: str, logits: np.ndarray, value: int) -> dict:
            if not 0 < value + more <= len(logits):
                raise Failed(Text("", ""))
            kept = logits * 1.0
            kept[np.argsort(logits)[: -(value + more)]] = -np.inf
            return {"probs": softmax(kept)}

        def draw_top_k(self, logits, k, own, shared, each) -> dict:
            probs = self.probabilities("top_k", logits, k)["probs"]
            if self.greedy:
                probs = np.eye(len(probs))[probs.argmax()]
            rng = np.random.default_rng(own[0])
            return {"indices": [rng.choice(len(logits), each, p=probs).tolist()]}

    for seed in range(40):
        made = [cases.top_k_draws_case(np.random.default_rng(seed), 3)]
        drawn.draws_agree(Other(), "top_k", made, seed)
        with pytest.raises(Failed):
            drawn.draws_agree(Other(greedy=True), "top_k", made, seed)


def test_right_draws_are_never_rejected_and_wrong_ones_always() -> None:
    rng = np.random.default_rng(0)
    runner = reference_runner("sequence")
    for turn in range(60):
        for kind, case, count in (
            ("temperature", cases.temperature_case(rng, 0.5), 7),
            ("temperature", cases.temperature_draws_case(rng), 7),
            ("temperature", cases.flat_temperature_case(rng), 3),
            ("temperature", cases.flat_temperature_case(rng), 5),
            ("top_k", cases.top_k_case(rng, 3), 7),
            ("top_k", cases.top_k_draws_case(rng, 3), 7),
            ("top_k", cases.top_k_case(rng, 5, 11), 4),
            ("top_k", cases.top_k_case(rng, 5, 11), 11),
        ):
            probs = case["probs"]
            right = rng.multinomial(cases.DRAWS, probs)
            assert not draws_disagree(right, probs)
            # All alike, or only from the likeliest.
            wrong = np.full(count, 1 / count) if count == len(probs) else likeliest(probs, count)
            assert draws_disagree(rng.multinomial(cases.DRAWS, wrong), probs)
            if turn < 3:
                drawn.draws_agree(runner, kind, [case], turn)


# ---------------------------------------------------------------- the preset


@pytest.fixture(scope="module")
def stage2(judge: Judge) -> Judge:
    """A judge by the preset: one part, no torch."""
    return by_preset(judge, "stage2")


def test_the_preset_gives_a_whole_solution_all_that_machines_mark(stage2, tmp_path) -> None:
    report = grade_files(stage2, tmp_path, {"alice/sequence.py": solution("sequence")})
    assert report.status == "graded"
    assert not lost(report)
    code, *others, tidiness = report.score.rows
    assert (code.earned, code.possible, report.score.possible) == (60, 60, 100)
    assert all(row.pending == row.possible for row in others)
    assert tidiness.pending == 6


def test_the_preset_gives_an_untouched_starter_nothing(stage2, tmp_path) -> None:
    report = grade_files(stage2, tmp_path, {"alice/sequence.py": starter("sequence")})
    assert {str(c.result.outcome) for c in report.score.checks} == {"not_attempted"}
    assert report.score.rows[0].earned == 0


def test_the_suite_takes_little_of_a_worker(stage2, tmp_path) -> None:
    grade_files(stage2, tmp_path, {"alice/sequence.py": solution("sequence") + "\n# again\n"})
    spent = sum(stage2.compute_s.values())
    print(f"sequence: {spent:.2f} s of a worker's time")
    # About half a second. A busy machine takes several times as long for the same work.
    assert spent < 5
