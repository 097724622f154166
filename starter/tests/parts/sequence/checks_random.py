"""Checks of part ``sequence`` for random functions: by distribution, never by order of draws."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kit import draws, pictures
from kit.cases import Case
from kit.compare import array, close, field
from kit.numerics import divergence, draws_disagree, unstructured
from kit.outcomes import Failed, Verdict
from kit.plain import to_plain
from kit.runner import Runner
from kit.text import Text

from .cases import DRAWS
from .checks_tools import _index, share_in_range

PROBES = {"temperature": "draw_with_temperature", "top_k": "draw_top_k"}


def probabilities_agree(lab: Runner, kind: str, case: Case, *, reveal: bool = False) -> None:
    """The probabilities of ``temperature_probs`` or ``top_k_probs`` are right."""
    result = lab.probabilities(kind=kind, logits=case["logits"], value=case["value"])
    close(f"{kind}_probs(...)", field(result, "probs"), case["probs"], reveal=reveal)
    if kind == "top_k":
        probs = field(result, "probs")
        outside = np.asarray(probs)[case["probs"] == 0]
        if np.any(outside != 0):
            raise Failed(
                Text(
                    "除 k 个最大的以外，概率应恰好为零",
                    "outside the k largest a probability is exactly zero",
                )
            )


def draws_agree(lab: Runner, kind: str, made: list[Case], seed: int) -> None:
    """Draws follow the right probabilities, or the student's own if those are usable.

    Wrong probabilities cost only the check of the probabilities, provided that they depend on the
    logits and on the temperature (or on k). The first case shows whether they do; where draws
    follow them, the other cases say no more.
    """
    for n, case in enumerate(made):
        if not _are_right_draws(lab, kind, case, seed + 2 * n):
            return


def _are_right_draws(lab: Runner, kind: str, case: Case, seed: int) -> bool:
    """Whether draws follow the right probabilities; they fail if they follow none."""
    V = len(case["logits"])
    level = case.get("level")
    count = case.get("count", DRAWS)
    (row,) = _draws(lab, kind, case, [seed], [seed + 1], count)
    counts = np.bincount(row, minlength=V)

    def disagree(probs: np.ndarray) -> bool:
        if level is None:
            return draws_disagree(counts, probs)
        return draws.levels_disagree(np.array(row), level, probs)

    if not disagree(case["probs"]):
        return True
    own = _own_probabilities(lab, kind, case)
    if own is not None and not disagree(own):
        return False
    if level is not None:
        raise Failed(Text(f"{count} ", f"{count}") + draws.LEFT_OUT)
    shown = pictures.frequencies(kind, case["value"], counts, case["probs"])
    with pictures.showing(lambda: shown):
        raise Failed(
            Text(
                f"{DRAWS} 次抽样的分布与应有的概率不符：检查是否按概率抽取、是否用了"
                + ("温度" if kind == "temperature" else "k、返回的是否是词表下标"),
                f"the distribution of {DRAWS} draws is not as it should be: look at the drawing "
                "and at "
                + (
                    "the temperature"
                    if kind == "temperature"
                    else "k, and return an index of the vocabulary"
                ),
            )  # fmt: skip
        )


def _own_probabilities(lab: Runner, kind: str, case: Case) -> np.ndarray | None:
    """The student's own probabilities, if they are a distribution that depends on its inputs."""
    V = len(case["logits"])

    def ask(logits: np.ndarray, value: float) -> np.ndarray:
        result = lab.probabilities(kind=kind, logits=logits, value=value)
        p = array("probs", field(result, "probs"), (V,)).astype(np.float64)
        if p.min() < 0 or abs(p.sum() - 1) > 1e-4:
            raise Failed(Text("", ""))
        return p

    def apart(p: np.ndarray) -> bool:
        return DRAWS * min(divergence(p, probs), divergence(probs, p)) > 80

    def depends(value: float) -> bool:
        try:
            return apart(ask(case["logits"], value))
        except Verdict:  # say, a k that is one too small already
            return False

    try:
        probs = ask(case["logits"], case["value"])
        turned = ask(case["logits"][::-1].copy(), case["value"])
    except Verdict:
        return None
    kinds = (turned, np.full(V, 1 / V), np.eye(V)[probs.argmax()])
    # Of a k that is too large, one more says little: that index is improbable. 1 says more.
    others = (case["value"] + 1, 1) if kind == "top_k" else (case["value"] + 1,)
    if "level" not in case and not any(map(depends, others)):  # else an earlier case has shown it
        return None
    return probs if all(map(apart, kinds)) else None


def draws_by_rng(lab: Runner, kind: str, case: Case) -> None:
    """The draws depend on the generator that is passed, and on no other."""
    own, shared = [7, 7, 8, 9, 10], [1, 2, 3, 3, 3]
    # So close together that a wrong temperature leaves more than one index to draw.
    flat = case | {"logits": 0.1 * case["logits"]}
    rows = _draws(lab, kind, flat, own, shared, 40)
    _by_rng(f"{kind}_sample", rows[0] == rows[1], any(row != rows[2] for row in rows[3:]))


def mixture_is_drawn(lab: Runner, case: Case, ratio: float, own: int) -> None:
    """Each entry has a coin of its own, and is the target with chance `ratio`."""
    chosen = _chosen(lab, case, ratio, own, own + 1)
    what = Text("取自 targets", "are targets")
    share_in_range(int(chosen.sum()), chosen.size, ratio, what)
    _independent("teacher_forcing_inputs", chosen, ratio)
    counts = [int(_chosen(lab, case, ratio, own + k, own + k).sum()) for k in range(1, CALLS)]
    _counts_vary("teacher_forcing_inputs", [int(chosen.sum()), *counts])


def mixture_by_rng(lab: Runner, case: Case) -> None:
    """The draws depend on the generator that is passed, and on no other."""
    first, again, other = (
        _chosen(lab, case, 0.5, own, shared) for own, shared in ((7, 1), (7, 2), (8, 2))
    )
    same, differs = np.array_equal(first, again), not np.array_equal(first, other)
    _by_rng("teacher_forcing_inputs", same, differs)


def _chosen(lab: Runner, case: Case, ratio: float, own: int, shared: int) -> np.ndarray:
    """Which entries are the target; every other one must be the prediction of the same place."""
    result = lab.mix(**case, ratio=ratio, own=own, shared=shared)
    got = array("inputs", field(result, "inputs"), case["targets"].shape)
    chosen: np.ndarray = got == case["targets"]
    if not np.array_equal(got[~chosen], case["predictions"][~chosen]):
        raise Failed(
            Text(
                "有的位置既不是同一位置的 targets，也不是同一位置的 predictions；不要移位",
                "some entries are neither the target nor the prediction of their own place; "
                "nothing is shifted",
            )
        )
    return chosen


def dropout_is_drawn(lab: Runner, x: np.ndarray, p: float, own: int) -> None:
    """Each entry is dropped by a coin of its own, with chance `p`."""
    dropped = _dropped(lab, x, p, own, own + 1)
    share_in_range(int(dropped.sum()), x.size, p, Text("被置零", "are dropped"))
    _independent("dropout_forward", dropped, p)
    counts = [int(_dropped(lab, x, p, own + k, own + k).sum()) for k in range(1, CALLS)]
    _counts_vary("dropout_forward", [int(dropped.sum()), *counts])


def dropout_by_rng(lab: Runner, x: np.ndarray) -> None:
    """The draws depend on the generator that is passed, and on no other."""
    first, again, other = (
        _dropped(lab, x, 0.5, own, shared) for own, shared in ((7, 1), (7, 2), (8, 2))
    )
    same, differs = np.array_equal(first, again), not np.array_equal(first, other)
    _by_rng("dropout_forward", same, differs)


def _dropped(lab: Runner, x: np.ndarray, p: float, own: int, shared: int) -> np.ndarray:
    result = lab.drop(x=x, p=p, training=True, own=own, shared=shared)
    dropped: np.ndarray = array("out", field(result, "out"), x.shape) == 0
    return dropped


CALLS = 9
"""How many calls all choose as many entries with a chance below 1e-12, of 1,000 entries each."""

AGREEING = 0.17
"""By how much the share of agreeing pairs of 500 may differ from its expectation.

Hoeffding's inequality gives a chance of 6e-13 for each arrangement of pairs.
"""


def _independent(name: str, chosen: np.ndarray, p: float) -> None:
    same_sums = any(len(set(chosen.sum(axis=axis).tolist())) == 1 for axis in (0, 1))
    if same_sums or not unstructured(chosen) or _paired(chosen, p):
        raise Failed(
            Text(
                f"{name} 选中的位置之间有规律（整行、整列或成对地一起选中，或个数固定）；"
                "每个元素都要各自独立地抽",
                f"the entries that {name} chooses follow a pattern (a row, a column or a pair is "
                "chosen together, or their number is fixed); each entry takes its own draw",
            )
        )


def _paired(chosen: np.ndarray, p: float) -> bool:
    """Whether neighbours, or entries half an array apart, share a coin or have opposite ones."""
    expected = p**2 + (1 - p) ** 2
    for flat in (chosen.ravel(), chosen.T.ravel()):
        n = len(flat) // 2
        arrangements = (
            (flat[: 2 * n : 2], flat[1 : 2 * n : 2]),
            (flat[1 : 2 * n - 1 : 2], flat[2 : 2 * n : 2]),
            (flat[:n], flat[n : 2 * n]),
            (flat[:n], flat[::-1][:n]),
        )
        if any(abs(np.mean(a == b) - expected) > AGREEING for a, b in arrangements):
            return True
    return False


def _counts_vary(name: str, counts: list[int]) -> None:
    if len(set(counts)) == 1:
        raise Failed(
            Text(
                f"{name} 每次都选中 {counts[0]} 个位置；个数是随机的，每个元素各自独立地抽",
                f"{name} chooses {counts[0]} entries in every call; their number varies, since "
                "each entry takes a draw of its own",
            )
        )


def _by_rng(name: str, same: bool, differs: bool) -> None:
    if not same:
        raise Failed(
            Text(
                f"两个同样种子的 rng 给 {name} 不同的结果；请只从传入的 rng 抽样，不用全局生成器",
                f"{name} gives different results for two generators with the same seed; draw from "
                "the rng that is passed, not from a global generator",
            )
        )
    if not differs:
        raise Failed(
            Text(
                f"种子不同的 rng 给 {name} 同样的结果；每次都要从传入的 rng 抽取",
                f"{name} gives the same results for generators with different seeds; draw from "
                "the rng that is passed",
            )
        )


_Ask = Callable[..., object]


def _draws(
    lab: Runner, kind: str, case: Case, own: list[int], shared: list[int], each: int
) -> list[list[int]]:
    knob = "k" if kind == "top_k" else "temperature"
    call: _Ask = getattr(lab, PROBES[kind])
    result = call(logits=case["logits"], **{knob: case["value"]}, own=own, shared=shared, each=each)
    rows = to_plain(field(result, "indices"))
    V = len(case["logits"])
    shaped = isinstance(rows, list) and len(rows) == len(own)
    if not shaped or not all(isinstance(row, list) and len(row) == each for row in rows):
        raise Failed(
            Text(
                "抽样的结果无法读取：检查 return",
                "the draws cannot be read: check what is returned",
            )
        )
    return [[_index(f"{kind}_sample(...)", index, V) for index in row] for row in rows]
