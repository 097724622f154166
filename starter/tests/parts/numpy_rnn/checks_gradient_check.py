"""Checks of ``gradient_check``, on models whose gradients are known to be right or wrong."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from kit import cases
from kit.compare import array, field, number
from kit.data import Arrays
from kit.numerics import softmax
from kit.outcomes import Failed, Partial
from kit.plain import type_name
from kit.runner import Runner
from kit.text import Text

from .cases import gradient_check_case
from .checks import WEIGHTS
from .probes_stand_ins import stand_in_forward

RIGHT_BELOW = 1e-4  # a right gradient_check reports at most 1.9e-6
WRONG_ABOVE = 1e-2  # for a gradient wrong by 5 % it reports 2.4e-2
SLIGHT = 0.03
SLIGHT_BELOW = 0.5
"""Where every entry is 3 % too large, the largest difference is 1.5 to 3 % of the largest entry, of
a norm or of a sum, and up to 20 % of the mean entry."""

EPS = 1e-6
"""The step. A right error is 1.9e-6 or less with it, and weights that are not put back, which cost
points elsewhere, move right gradients by less than RIGHT_BELOW."""

STEPS = (1e-3, 1e-2)
SHRINKS = 30
"""From the larger to the smaller step, the error of central differences falls by a factor of 99 or
more, that of one-sided differences by 16 at most."""


def gradient_check_passes(lab: Runner, rng: np.random.Generator) -> None:
    """Right gradients have small errors, and a function that passes everything fails.

    Each call has its own case, and the order is drawn, so that neither the order nor an earlier
    call tells the right answer.
    """
    wrong = rng.permutation([*rng.permutation(WEIGHTS)[:2], RIGHT]).tolist()
    for name in wrong:
        trial = _trial(lab, rng, () if name == RIGHT else (name,))
        _right_stay_small(trial.errors, name)
        if name != RIGHT and not trial.errors[name] > RIGHT_BELOW:
            raise Failed(
                Text(
                    f"d{name} 错了至少 5%，gradient_check 却让它通过了；应把 backward 的梯度"
                    "与中心差分比较",
                    f"d{name} is wrong by 5 % or more, but gradient_check passes that too; it has "
                    "to compare backward's gradient with central differences",
                )
            )
    case = gradient_check_case(rng)
    right = stand_in_slopes(case)
    small, large = (max(_errors(_gradient_check(lab, case, right, e)).values()) for e in STEPS)
    if large >= RIGHT_BELOW and large < SHRINKS * small:
        raise Failed(
            Text(
                f"eps 从 {STEPS[1]:g} 减到 {STEPS[0]:g}，误差只降到原来的 {small / large:.2g}；"
                "中心差分 (L(w+eps) - L(w-eps)) / (2 eps) 的误差会降到约百分之一；"
                "每个权重测完要先恢复原值，再测下一个",
                f"with eps {STEPS[0]:g} in place of {STEPS[1]:g} the error only falls to "
                f"{small / large:.2g} of what it was; that of central differences, "
                "(L(w+eps) - L(w-eps)) / (2 eps), falls to about a hundredth; put each weight "
                "back before the next one is tested, too",
            )
        )


FOUND_AT_LEAST = 2
"""Arrays needed for part of the points; a guess gets one right with a chance of 1/4."""


def gradient_check_finds(lab: Runner, rng: np.random.Generator) -> None:
    """Each array has a large error in the models where it is wrong, and only there.

    In five models each array is wrong two or three times. Which times is drawn, so that only the
    models tell, as in :func:`gradient_check_passes`.
    """
    wrong = {name: rng.permutation(5) < rng.integers(2, 4) for name in WEIGHTS}
    trials = [_trial(lab, rng, tuple(n for n in WEIGHTS if wrong[n][i])) for i in range(5)]
    found = []
    problems: list[Text] = []
    for name in WEIGHTS:
        problem = None
        for is_wrong, trial in zip(wrong[name], trials):
            error = trial.errors[name]
            if is_wrong and not error > WRONG_ABOVE:
                problem = Text(
                    f"d{name} 错了至少 5%，gradient_check 报告的误差只有 {error:.2g}；"
                    "应与中心差分比较",
                    f"d{name} is wrong by 5 % or more, but gradient_check reports {error:.2g}; "
                    "compare it with central differences",
                )
            elif not is_wrong and not error < RIGHT_BELOW:
                problem = Text(
                    f"别的数组有错时，gradient_check 把正确的 d{name} 也报告为错；"
                    "每个数组应单独比较",
                    f"d{name} is right, but reported as wrong when other arrays are wrong; "
                    "compare each "
                    "array by itself",
                )
        if problem is None:
            found.append(name)
        else:
            problems.append(problem)
    if not problems:
        return
    if len(found) >= FOUND_AT_LEAST:
        raise Partial(problems[0], Fraction(len(found), len(WEIGHTS)))
    raise Failed(problems[0])


def gradient_check_restores(lab: Runner, rng: np.random.Generator) -> None:
    """The weights have their old values afterwards, although each of them was moved."""
    for wrong in rng.permutation([False, True]).tolist():
        trial = _trial(lab, rng, WEIGHTS if wrong else ())
        _restored(trial)
        still = [name for name in WEIGHTS if field(trial.moved, name) is not True]
        if still:
            raise Failed(
                Text(
                    f"gradient_check 调用 forward 时从未改变过 {still[0]}；请先完成它"
                    "（把每个权重加减 eps），这项检查再看权重是否恢复",
                    f"gradient_check never calls forward with another {still[0]}; finish it first "
                    "(move each weight by eps and -eps), then see that it puts the weights back",
                )
            )


def gradient_check_is_thorough(lab: Runner, rng: np.random.Generator) -> None:
    """Whatever is wrong with an array shows: an entry, a sign, two entries that cancel, an order.

    In each model one array, which is drawn, is right. Gradients of an earlier batch are left in the
    model; in the quiet models all gradients are small.
    """
    for way in (*WAYS, *WAYS, *ORDERS):
        case, slopes, dlogits = _model(rng, way)
        right = str(rng.choice(WEIGHTS))
        table = dict(slopes)
        for name in WEIGHTS:
            gradient = np.tensordot(dlogits, slopes[name], 1)
            delta = _fault(rng, way, gradient)
            if name != right:
                spread = (dlogits / (dlogits @ dlogits)).reshape(-1, *[1] * delta.ndim)
                table[name] = slopes[name] + spread * delta
        errors = _errors(_gradient_check(lab, case, table, stale=True))
        for name in WEIGHTS:
            if name == right and not errors[name] < RIGHT_BELOW:
                raise Failed(
                    Text(
                        f"d{name} 是对的，gradient_check 却报告它错了；检验之前要清零梯度，"
                        "每个数组单独比较",
                        f"d{name} is right, but gradient_check reports it as wrong; zero the "
                        "gradients first, and compare each array by itself",
                    )
                )
            if name != right and not errors[name] > WRONG_ABOVE:
                raise Failed(
                    Text(
                        f"d{name} 里{FAULTS[way].zh}，gradient_check 报告的误差只有"
                        f" {errors[name]:.2g}；应逐个元素比较（带符号），取相对误差的最大值",
                        f"{FAULTS[way].en} in d{name}, but gradient_check reports "
                        f"{errors[name]:.2g}; compare entry by entry, with signs, and take the "
                        "largest relative error",
                    )
                )
            if name != right and way == "slight" and errors[name] > SLIGHT_BELOW:
                raise Failed(
                    Text(
                        f"d{name} 的每个元素都偏大 {SLIGHT:.0%}，gradient_check 却报告误差为"
                        f" {errors[name]:.2g}；应返回相对误差的最大值，而不是对或错",
                        f"each entry of d{name} is {SLIGHT:.0%} too large, but gradient_check "
                        f"reports an error of {errors[name]:.2g}; return the largest relative "
                        "error, not right or wrong",
                    )
                )


def _model(rng: np.random.Generator, way: str) -> tuple[cases.Case, Arrays, np.ndarray]:
    """A case, the slopes of its logits and those of its loss, on which a fault `way` shows."""
    while True:
        case = gradient_check_case(rng)
        if way == "quiet":
            case["y"][:] = case["y"][0]
            case["weights"]["by"][case["y"][0]] += 4.0
        slopes, dlogits = stand_in_slopes(case), stand_in_dlogits(case)
        gradients = [np.tensordot(dlogits, slopes[name], 1) for name in WEIGHTS]
        if way not in ORDERS or all(_is_other_order(way, g) for g in gradients):
            return case, slopes, dlogits


FAULTS = {
    "first": Text("第一个元素错了", "the first entry is wrong"),
    "last": Text("最后一个元素错了", "the last entry is wrong"),
    "one": Text("有一个元素错了", "one entry is wrong"),
    "sign": Text("有一个元素的符号反了", "one entry has the wrong sign"),
    "pair": Text("有两个元素的错误互相抵消", "the errors of two entries cancel"),
    "quiet": Text("有一个很小的元素错了", "one entry, a small number, is wrong"),
    "slight": Text("每个元素都偏大 3%", "each entry is 3 % too large"),
    "row": Text("一行里有两个元素对调了", "two entries of a row have changed places"),
    "column": Text("一列里有两个元素对调了", "two entries of a column have changed places"),
    "turned": Text("元素的次序反了或转置了", "the entries are transposed or in reverse order"),
    "upside": Text("各行的次序反了", "the rows are in reverse order"),
}
ORDERS = ("row", "column", "turned", "upside")
"""Ways in which a gradient holds the right numbers in other places."""

WAYS = tuple(way for way in FAULTS if way not in ORDERS)
"""Where a gradient is wrong; by 15 % of its largest entry, by a sign, or everywhere a little."""

WRONG_BY = 0.15
"""The least that an entry is off by, as a share of the gradient's largest entry."""


def _in_other_order(way: str, gradient: np.ndarray) -> np.ndarray:
    """The numbers of a gradient in other places. A vector is one row and one column."""
    found = gradient.copy()
    if way == "turned":
        square = gradient.ndim == 2 and len(gradient) == len(gradient.T)
        found[...] = gradient.T if square else gradient.reshape(-1)[::-1].reshape(gradient.shape)
        return found
    if way == "upside":
        found[...] = gradient[::-1]
        return found
    lines = found.T if way == "column" else found
    line = lines if lines.ndim == 1 else lines[np.ptp(lines, axis=1).argmax()]
    ends = [int(line.argmin()), int(line.argmax())]
    line[ends] = line[ends[::-1]]  # a view: `found` changes
    return found


def _is_other_order(way: str, gradient: np.ndarray) -> bool:
    moved = np.abs(_in_other_order(way, gradient) - gradient).max()
    return bool(moved > WRONG_BY * np.abs(gradient).max())


def _fault(rng: np.random.Generator, way: str, gradient: np.ndarray) -> np.ndarray:
    """What is added to a right gradient."""
    if way in ORDERS:
        moved: np.ndarray = _in_other_order(way, gradient) - gradient
        return moved
    if way == "slight":
        return SLIGHT * gradient
    flat, size = np.zeros(gradient.size), WRONG_BY * float(np.abs(gradient).max())
    if way == "sign":
        large = np.flatnonzero(np.abs(gradient) >= 0.3 * np.abs(gradient).max())
        i = int(rng.choice(large))
        flat[i] = -2 * gradient.reshape(-1)[i]
    elif way == "pair":
        flat[rng.permutation(flat.size)[:2]] = size, -size
    else:
        ends = {"first": 0, "last": flat.size - 1}
        flat[ends.get(way, int(rng.integers(flat.size)))] = size * rng.choice([-1, 1])
    return flat.reshape(gradient.shape)


RIGHT = "right"
"""Used in place of the name of the wrong array if no array is wrong."""


@dataclass(frozen=True)
class _Trial:
    """One call of the student's ``gradient_check`` on a stand-in."""

    case: cases.Case
    errors: dict[str, float]
    weights: Any
    moved: Any


def _trial(lab: Runner, rng: np.random.Generator, wrong: tuple[str, ...]) -> _Trial:
    """A fresh case, with the gradients of the arrays in `wrong` wrong."""
    case, slopes, factors = _wrong_model(rng)
    result = _gradient_check(
        lab, case, slopes | {name: slopes[name] * factors[name] for name in wrong}
    )
    return _Trial(case, _errors(result), field(result, "weights"), field(result, "moved"))


def _wrong_model(rng: np.random.Generator) -> tuple[cases.Case, Arrays, Arrays]:
    """A case, the slopes of its logits, and factors that make each array wrong in every respect.

    Who compares sums, norms or some entries, or divides by nothing, finds these errors under each
    secret; :func:`gradient_check_is_thorough` is for them.
    """
    while True:
        case = gradient_check_case(rng)
        slopes, dlogits = stand_in_slopes(case), stand_in_dlogits(case)
        for _ in range(TRIES):
            factors = wrong_factors(rng, case)
            if all(
                _shows(np.tensordot(dlogits, slopes[name], 1), factors[name]) for name in WEIGHTS
            ):
                return case, slopes, factors


TRIES = 20
"""So often factors are drawn for a case before another case is drawn."""

FIRST = 10


def _shows(gradient: np.ndarray, factors: np.ndarray) -> bool:
    """Whether a gradient times `factors` is wrong by every measure, the mean and the sum too."""
    off, scale = gradient * (factors - 1), np.abs(gradient).max()
    places = np.indices(gradient.shape).sum(axis=0)
    measures = (
        np.abs(off).max(where=places % 2 == 0, initial=0) / scale,
        np.abs(off).max(where=places % 2 == 1, initial=0) / scale,
        np.abs(off.reshape(-1)[:FIRST]).max() / scale,
        np.abs(off).mean() / scale,
        abs(off.sum()) / scale,
        abs(np.linalg.norm(gradient + off) - np.linalg.norm(gradient)) / scale,
        np.abs(off).max(),
    )
    # The scale of a student's error may be 1.6 times as large, or the sum of both.
    return bool(min(measures) > 3.5 * WRONG_ABOVE)


def _right_stay_small(errors: dict[str, float], wrong: str) -> None:
    for name, error in errors.items():
        if name != wrong and not error < RIGHT_BELOW:
            raise Failed(
                Text(
                    f"模型的梯度 d{name} 是对的，gradient_check 却报告它的相对误差为 {error:.2g}"
                    f"（应小于 {RIGHT_BELOW:g}）；检查中心差分和相对误差的公式",
                    f"the model's gradient d{name} is right, but gradient_check reports a relative "
                    f"error of {error:.2g} for it (below {RIGHT_BELOW:g} expected); look at the "
                    "central difference and at the relative error",
                )
            )


def _restored(trial: _Trial) -> None:
    for name in WEIGHTS:
        before = trial.case["weights"][name]
        got = array(name, field(trial.weights, name), before.shape)
        if np.abs(got - before).max() > 1e-12:
            raise Failed(
                Text(
                    f"gradient_check 结束后 {name} 变了；每个元素测完要恢复原值",
                    f"{name} is changed after gradient_check; put each entry back after its test",
                )
            )


def wrong_factors(rng: np.random.Generator, case: cases.Case) -> Arrays:
    """For each array, factors: half of them 1, the others off by 20 to 60 %."""
    factors = {}
    for name in WEIGHTS:
        size = case["weights"][name].size
        wrong = 1 + rng.choice([-1, 1], size) * rng.uniform(0.2, 0.6, size)
        keep = rng.permutation(size) < size // 2
        factors[name] = np.where(keep, 1.0, wrong).reshape(case["weights"][name].shape)
    return factors


def stand_in_slopes(case: cases.Case) -> Arrays:
    """Derivatives of the stand-in's logits by each weight, (B*V, *shape of the weight), for h0 = 0.

    Computed with complex steps: they are exact, and no formula of them can be copied.
    """
    weights, x = case["weights"], case["x"]
    h0 = np.zeros((len(x), weights["Whh"].shape[0]))
    step = 1e-30
    found = {}
    for name, base in weights.items():
        steps = 1j * step * np.eye(base.size).reshape(base.size, -1, base.shape[-1])
        logits, _ = stand_in_forward(weights | {name: base + steps}, x, h0)  # (size, B, V)
        found[name] = (logits.imag / step).reshape(base.size, -1).T.reshape(-1, *base.shape)
    return found


def stand_in_dlogits(case: cases.Case) -> np.ndarray:
    """The derivatives (B*V,) of the mean loss by the stand-in's logits, for h0 = 0."""
    x, y = case["x"], case["y"]
    logits, _ = stand_in_forward(case["weights"], x, np.zeros((len(x), case["weights"]["bh"].size)))
    return ((softmax(logits) - np.eye(logits.shape[-1])[y]) / len(x)).reshape(-1)


def _gradient_check(
    lab: Runner, case: cases.Case, slopes: Arrays, eps: float = EPS, stale: bool = False
) -> Any:
    given = {name: case[name] for name in ("weights", "x", "y")}
    return lab.gradient_check(**given, eps=eps, slopes=slopes, stale=stale)


def _errors(result: Any) -> dict[str, float]:
    """The five errors, also under older spellings of their names."""
    errors = field(result, "errors")
    if not isinstance(errors, dict):
        raise Failed(
            Text(
                f"gradient_check 应返回五个误差的字典，实际返回 {type_name(errors)}",
                f"gradient_check should return a dict of five errors, got {type_name(errors)}",
            )
        )
    spelled = {_spelling(key): value for key, value in errors.items()}
    for name in WEIGHTS:
        if _spelling(name) not in spelled:
            raise Failed(
                Text(
                    f"gradient_check 的结果里没有 {name}；五个数组都要检验",
                    f"the result of gradient_check has no {name}; check all five arrays",
                )
            )
    return {name: number(f'errors["{name}"]', spelled[_spelling(name)]) for name in WEIGHTS}


def _spelling(name: object) -> str:
    """``dW_hy`` and ``why`` name the same array as ``Why``."""
    flat = str(name).replace("_", "").lower()
    return flat[1:] if flat.startswith("d") else flat
