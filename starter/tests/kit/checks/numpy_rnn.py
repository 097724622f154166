"""Checks of part ``numpy_rnn`` on the evidence of its probes.

Shapes: B batch, T time steps, V vocabulary, H hidden.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from .. import cases, compare
from ..compare import array, close, field, is_close, number
from ..numerics import (
    FALSE_ALARM,
    central_differences,
    cross_entropy,
    joint_norm,
    log_evidence,
    log_mean_ratio,
    softmax,
)
from ..outcomes import (
    Crashed,
    Failed,
    Missing,
    NotAttempted,
    OutOfMemory,
    Partial,
    TimedOut,
    Verdict,
)
from ..plain import type_name
from ..probes.numpy_rnn import stand_in_forward
from ..seat import Seat
from ..text import Text

WEIGHTS = ("Wxh", "Whh", "bh", "Why", "by")
GRADIENTS = tuple("d" + name for name in WEIGHTS)

LEARNING_THRESHOLD = 0.81
"""Nats. Right implementations end at 0.51 to 0.60, guessing at ln 6 = 1.79; see docs/numbers.md."""


# ---------------------------------------------------------------- forward


def forward_shapes(lab: Seat, case: cases.Case) -> None:
    """logits (B, V) and h_T (B, H), finite."""
    result = lab.forward(weights=case["weights"], x=case["x"], h0=case["h0"])
    B, V, H = _sizes(case)[0], *_sizes(case)[2:]
    array("logits", field(result, "logits"), (B, V))
    array("h_T", field(result, "h_T"), (B, H))


def forward_agrees(
    lab: Seat, case: cases.Case, expected: dict, *, all_steps: bool = False, reveal: bool = False
) -> None:
    """The logits and the last state are the reference's."""
    result = lab.forward(weights=case["weights"], x=case["x"], h0=case["h0"], all_steps=all_steps)
    for name in ("logits", "h_T"):
        close(name, field(result, name), expected[name], reveal=reveal)


def forward_repeats(lab: Seat, case: cases.Case, other: cases.Case) -> None:
    """No state is carried from one call to the next."""
    result = lab.forward_again(
        weights=case["weights"],
        x=case["x"],
        h0=case["h0"],
        other={"x": other["x"], "h0": other["h0"]},
    )
    B, _, V, _ = _sizes(case)
    first = array("logits", field(result, "first"), (B, V))
    between = array("logits", field(result, "between"), (B, V))
    again = array("logits", field(result, "again"), (B, V))
    if is_close(between, first):
        raise Failed(
            Text(
                "输入和 h0 都换了，forward 的结果却不变；logits 要由 X_batch 和 h0 算出",
                "forward gives the same result for another input and another h0; compute the "
                "logits from X_batch and h0",
            )
        )
    if not is_close(again, first):
        raise Failed(
            Text(
                "同样的输入、同样的 h0，第二次调用 forward 的结果却不同；两次调用之间不应保留状态",
                "forward gives another result the second time for the same input and h0; no "
                "state may be kept between calls",
            )
        )


# ---------------------------------------------------------------- backward


def gradients_agree(
    lab: Seat,
    case: cases.Case,
    expected: dict,
    names: tuple[str, ...] = GRADIENTS,
    *,
    all_steps: bool = False,
    reveal: bool = False,
) -> None:
    """Backward is right by one of three measures, so that a wrong forward costs only forward.

    (a) the reference's gradients, on the caches of the student's forward; (b) the reference's
    gradients, on caches made step by step with ``cell.forward``; (c) central differences of the
    student's own forward, each at least 1 % of the reference's scale.
    """
    inputs = _backward_inputs(case, all_steps)

    def measure(caches_from: str) -> dict:
        result = lab.backward(**inputs, caches_from=caches_from)
        for name in names:
            close(name, field(result, name), expected[name], reveal=reveal)
        return result

    first = _verdict_of(lambda: measure("forward"))
    if first is None or isinstance(first, (Crashed, TimedOut, OutOfMemory)):
        if first is not None:
            raise first
        return
    second = _verdict_of(lambda: measure("cell"))
    if second is None:
        return
    if isinstance(second, (NotAttempted, Missing)) and _about_backward(second):
        raise second
    if isinstance(first, Failed) and _matches_own_forward(
        lab, case, expected, names, all_steps, inputs
    ):
        return
    raise first


def norms_agree(lab: Seat, case: cases.Case, expected: dict, *, reveal: bool = False) -> None:
    """Norms of dL/dh_t for t = 1..T, by the caches of forward or of ``cell.forward``."""
    inputs = _backward_inputs(case, False)

    def measure(caches_from: str) -> None:
        result = lab.backward(**inputs, caches_from=caches_from, norms=True)
        close("norms", field(result, "norms"), expected["norms"], reveal=reveal)

    first = _verdict_of(lambda: measure("forward"))
    if first is None:
        return
    if not isinstance(first, (Crashed, TimedOut, OutOfMemory)):
        if _verdict_of(lambda: measure("cell")) is None:
            return
    raise first


def gradients_accumulate(lab: Seat, case: cases.Case, expected: dict) -> None:
    """Two calls of backward without ``zero_grad`` give twice the gradients of one."""
    inputs = _backward_inputs(case, False)
    result: Any = None

    def measure(caches_from: str) -> None:
        nonlocal result
        result = lab.backward(**inputs, caches_from=caches_from, times=2)

    first = _verdict_of(lambda: measure("forward"))
    if first is not None:
        if isinstance(first, (Crashed, TimedOut, OutOfMemory)):
            raise first
        second = _verdict_of(lambda: measure("cell"))
        if second is not None:
            raise second if _about_backward(second) else first
    once = field(result, "first")
    for name in GRADIENTS:
        shape = expected[name].shape
        single = array(name, field(once, name), shape).astype(np.float64)
        double = array(name, field(result, name), shape)
        scale = float(np.abs(expected[name]).max())
        if np.abs(single).max() < 0.01 * scale:
            raise Failed(
                Text(f"backward 之后 {name} 仍然是零", f"{name} is still zero after backward")
            )
        if not is_close(double, 2 * single):
            raise Failed(
                Text(
                    f"不清零连续调用两次 backward，{name} 应是一次的两倍；梯度要用 += 累加",
                    f"two calls of backward without zero_grad should give twice {name}; add to "
                    "the gradients with +=",
                )
            )


def _backward_inputs(case: cases.Case, all_steps: bool) -> dict:
    inputs = {name: case[name] for name in ("weights", "x", "h0")}
    dlogits = case["dlogits_all"] if all_steps else case["dlogits"]
    return inputs | {"dlogits": dlogits, "all_steps": all_steps}


def _verdict_of(measure: Callable[[], Any]) -> Verdict | None:
    try:
        measure()
    except Verdict as verdict:
        return verdict
    return None


def _about_backward(verdict: Verdict) -> bool:
    """Whether a stub or a missing name is backward's own, not forward's."""
    return isinstance(verdict, (NotAttempted, Missing)) and "backward" in verdict.text.en


def _matches_own_forward(
    lab: Seat, case: cases.Case, expected: dict, names: tuple, all_steps: bool, inputs: dict
) -> bool:
    """Measure (c): central differences of the student's own forward."""
    result = _answer(lambda: lab.backward(**inputs))
    if result is None:
        return False
    forward_inputs = {name: case[name] for name in ("weights", "x", "h0")}
    own = _answer(lambda: lab.forward(**forward_inputs, all_steps=all_steps))
    if own is None:
        return False
    answers = [v for v in (*own.values(), *result.values()) if isinstance(v, np.ndarray)]
    single = any(v.dtype == np.float32 for v in answers)
    step, tolerance = compare.DIFFERENCES[4 if single else 8]
    for name in names:
        got = result.get(name)
        if not isinstance(got, np.ndarray) or got.shape != expected[name].shape:
            return False
        moved = _perturbed(lab, forward_inputs, name.removeprefix("d"), step, all_steps)
        logits = None if moved is None else moved.get("logits")
        wanted = (expected[name].size, 2, *inputs["dlogits"].shape)
        if not isinstance(logits, np.ndarray) or logits.shape != wanted:
            return False
        slopes = central_differences(logits, inputs["dlogits"], step).reshape(got.shape)
        if np.abs(slopes).max() < 0.01 * np.abs(expected[name]).max():
            return False  # a forward that ignores this weight proves nothing about backward
        if not is_close(got, slopes, tolerance):
            return False
    return True


def _perturbed(lab: Seat, inputs: dict, name: str, step: float, all_steps: bool) -> dict | None:
    return _answer(lambda: lab.perturbed(**inputs, name=name, step=step, all_steps=all_steps))


def _answer(ask: Callable[[], dict]) -> dict | None:
    try:
        result = ask()
    except Verdict:
        return None
    return result if isinstance(result, dict) else None


# ---------------------------------------------------------------- gradient_check


RIGHT_BELOW = 1e-4  # worst right gradient_check: 1.3e-6
WRONG_ABOVE = 1e-2  # a gradient wrong by 5 % shows at 2.4e-2

STEPS = (1e-3, 1e-2)
SHRINKS = 30
"""From the larger step to the smaller the error of central differences shrinks at least 99-fold,
that of one-sided ones at most 16-fold."""


def gradient_check_passes(lab: Seat, rng: np.random.Generator) -> None:
    """Gradients that are right pass: their errors are small. What passes everything does not.

    Each call is on a case of its own, in an order that is drawn, so that neither the order nor an
    earlier call tells what the right answer is.
    """
    wrong = rng.permutation([*rng.permutation(WEIGHTS)[:2], RIGHT]).tolist()
    for name in wrong:
        trial = _trial(lab, rng, () if name == RIGHT else (name,))
        _right_stay_small(trial.errors, name)
        if name != RIGHT and not trial.errors[name] > RIGHT_BELOW:
            raise Failed(
                Text(
                    f"d{name} 错了至少 5 %，gradient_check 却也放过；它要把 backward 的梯度"
                    "与中心差分相比",
                    f"d{name} is wrong by 5 % or more, but gradient_check passes that too; it has "
                    "to compare backward's gradient with central differences",
                )
            )
    case = cases.gradient_check_case(rng)
    right = stand_in_slopes(case)
    small, large = (max(_errors(_gradient_check(lab, case, right, e)).values()) for e in STEPS)
    if large >= RIGHT_BELOW and large < SHRINKS * small:
        raise Failed(
            Text(
                f"eps 从 {STEPS[1]:g} 减到 {STEPS[0]:g}，误差只减到 {small / large:.2g} 倍；"
                "中心差分 (L(w+eps) - L(w-eps)) / (2 eps) 的误差会减到约百分之一；"
                "每个权重测完也要先恢复原值，再测下一个",
                f"with eps {STEPS[0]:g} in place of {STEPS[1]:g} the error only falls to "
                f"{small / large:.2g} of what it was; that of central differences, "
                "(L(w+eps) - L(w-eps)) / (2 eps), falls to about a hundredth; put each weight "
                "back before the next one is tested, too",
            )
        )


FOUND_AT_LEAST = 2
"""Arrays, for a part of the points: who guesses gets one right in one of four tries."""


def gradient_check_finds(lab: Seat, rng: np.random.Generator) -> None:
    """Each array is found out in the models where it is wrong, and left alone in the others.

    In five models each array is wrong two or three times, as drawn: as in
    :func:`gradient_check_passes` only the models tell.
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
                    f"d{name} 错了至少 5 %，gradient_check 报告的误差只有 {error:.2g}",
                    f"d{name} is wrong by 5 % or more, but gradient_check reports {error:.2g}",
                )
            elif not is_wrong and not error < RIGHT_BELOW:
                problem = Text(
                    f"d{name} 是对的，gradient_check 却因为别的数组错了而怪罪它",
                    f"d{name} is right, but gradient_check blames it when others are wrong",
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


def gradient_check_restores(lab: Seat, rng: np.random.Generator) -> None:
    """The weights are afterwards what they were.

    What never moves a weight leaves it as it was, too. So the errors must tell models whose
    gradients are all wrong from right ones, in any way: how well is for other checks to say.
    """
    all_wrong = rng.permutation([False, False, True, True]).tolist()
    largest: dict[bool, list[float]] = {False: [], True: []}
    for wrong in all_wrong:
        trial = _trial(lab, rng, WEIGHTS if wrong else ())
        _restored(trial)
        largest[wrong].append(max(trial.errors.values()))
    if not min(largest[True]) > max(largest[False]):
        raise Failed(
            Text(
                "梯度对与错，gradient_check 的结果没有差别；先把它写完，再谈恢复权重",
                "gradient_check gives the same whether gradients are right or wrong; finish it "
                "first, then see that it puts the weights back",
            )
        )


RIGHT = "right"
"""In place of the name of a wrong array: there is none."""


@dataclass(frozen=True)
class _Trial:
    """One call of the student's ``gradient_check`` on a stand-in."""

    case: cases.Case
    errors: dict[str, float]
    weights: Any


def _trial(lab: Seat, rng: np.random.Generator, wrong: tuple[str, ...]) -> _Trial:
    """A fresh case, with the gradients of the arrays in `wrong` wrong."""
    case = cases.gradient_check_case(rng)
    factors = wrong_factors(rng, case)
    slopes = stand_in_slopes(case)
    result = _gradient_check(
        lab, case, slopes | {name: slopes[name] * factors[name] for name in wrong}
    )
    return _Trial(case, _errors(result), field(result, "weights"))


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


def wrong_factors(rng: np.random.Generator, case: cases.Case) -> dict[str, np.ndarray]:
    """For each array factors of which every second one is wrong, by 20 to 60 %."""
    factors = {}
    for name in WEIGHTS:
        size = case["weights"][name].size
        wrong = 1 + rng.choice([-1, 1], size) * rng.uniform(0.2, 0.6, size)
        keep = rng.permutation(size) < size // 2
        factors[name] = np.where(keep, 1.0, wrong).reshape(case["weights"][name].shape)
    return factors


def stand_in_slopes(case: cases.Case) -> dict[str, np.ndarray]:
    """Derivatives of the stand-in's logits by each weight, (B * V, *its shape), from a zero state.

    By steps into the complex plane: exact, and there is no formula of them to be copied.
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


def _gradient_check(
    lab: Seat, case: cases.Case, slopes: dict[str, np.ndarray], eps: float = 1e-5
) -> Any:
    return lab.gradient_check(
        weights=case["weights"], x=case["x"], y=case["y"], eps=eps, slopes=slopes
    )


def _errors(result: Any) -> dict[str, float]:
    """The five errors; older spellings of the names count."""
    errors = field(result, "errors")
    if not isinstance(errors, dict):
        raise Failed(
            Text(
                f"gradient_check 应返回五个误差的字典，得到 {type_name(errors)}",
                f"gradient_check should return a dict of five errors, got {type_name(errors)}",
            )
        )
    spelled = {_spelling(key): value for key, value in errors.items()}
    for name in WEIGHTS:
        if _spelling(name) not in spelled:
            raise Failed(
                Text(
                    f"gradient_check 的结果里没有 {name}",
                    f"the result of gradient_check has no {name}",
                )
            )
    return {name: number(f'errors["{name}"]', spelled[_spelling(name)]) for name in WEIGHTS}


def _spelling(name: object) -> str:
    """``dW_hy`` and ``why`` name the same array as ``Why``."""
    flat = str(name).replace("_", "").lower()
    return flat[1:] if flat.startswith("d") else flat


# ---------------------------------------------------------------- clip_by_norm


def clips(lab: Seat, grads: list[np.ndarray], max_norm: float, *, reveal: bool = True) -> None:
    """One factor for all arrays, in place, only above the limit; the norm before is returned."""
    before = joint_norm(grads)
    result = lab.clip_by_norm(grads=grads, max_norm=max_norm)
    after = field(result, "grads")
    if not isinstance(after, list) or len(after) != len(grads):
        raise Failed(Text("没有得到裁剪后的数组", "got no clipped arrays"))
    factor = min(1.0, max_norm / before)
    for i, grad in enumerate(grads):
        close(f"grads[{i}]", after[i], factor * grad, reveal=reveal)
    norm = number("clip_by_norm(...)", field(result, "norm"))
    if abs(norm - before) > compare.REFERENCE_TOLERANCE * before:
        right = f" {before:.4g}" if reveal else ""
        raise Failed(
            Text(
                f"clip_by_norm 应返回裁剪前的联合范数{right}，得到 {norm:.4g}",
                f"clip_by_norm should return the joint norm before clipping{right}, got {norm:.4g}",
            )
        )


# ---------------------------------------------------------------- sample


def sample_text(lab: Seat, weights: dict, seed: str, length: int) -> None:
    """The seed and `length` characters of the vocabulary."""
    for text in _texts(lab, weights, seed, length, 1.0, [1, 2, 3], [4, 5, 6]):
        if not text.startswith(seed) or len(text) != len(seed) + length:
            raise Failed(
                Text(
                    f"sample 应返回 seed 加 {length} 个新字符，共 {len(seed) + length} 个；"
                    f"得到 {len(text)} 个，开头是 {text[:12]!r}",
                    f"sample should return the seed and {length} new characters, "
                    f"{len(seed) + length} in all; got {len(text)}, starting with {text[:12]!r}",
                )
            )
        if unknown := set(text) - set(cases.CHARACTERS):
            raise Failed(
                Text(
                    f"sample 返回了词表之外的字符 {sorted(unknown)[0]!r}",
                    f"sample returned {sorted(unknown)[0]!r}, which is not in the vocabulary",
                )
            )


def sample_uses_rng(lab: Seat, weights: dict, seed: str) -> None:
    """The same generator state gives the same text; the global generators do not matter."""
    even = weights | {"Why": 0.1 * weights["Why"]}  # no character is near-certain: texts differ
    own, shared = [7, 7, 8, 9, 10, 11], [1, 2, 3, 3, 3, 3]
    texts = _texts(lab, even, seed, 24, 1.0, own, shared)
    if texts[0] != texts[1]:
        raise Failed(
            Text(
                "两个同样种子的 rng 给出了不同的文本；请只从传入的 rng 抽样，不用全局生成器",
                "two generators with the same seed gave different texts; draw from the rng that "
                "is passed, not from a global generator",
            )
        )
    if len(set(texts[2:])) == 1:
        raise Failed(
            Text(
                "种子不同的 rng 给出了同样的文本；每个字符都要用传入的 rng 按概率抽取",
                "generators with different seeds gave the same text; draw each character from "
                "the probabilities with the rng that is passed",
            )
        )


def sample_distribution(
    lab: Seat, reference: Seat, weights: dict, seed: str, temp: float, rng_seeds: list[int]
) -> None:
    """Texts are drawn from softmax(logits / temp) given everything so far.

    Three characters are drawn many times; the check fails when the texts are a billion times
    likelier under the wrong samplers (on average) than under the right one. These are the named
    ones, and one that knows nothing but learns each character's successors from the draws, so
    that a sampler nobody thought of is seen too. The right
    one is the reference's; the student's own forward counts too, where it tells the samplers
    apart, so that a wrong forward costs only forward.
    """
    length = 3
    texts = _texts(lab, weights, seed, length, temp, rng_seeds, list(rng_seeds))
    drawn = np.array([_encode(t[len(seed) :], length) for t in texts])  # (N, 3)
    verdicts = [_log_ratio(reference, weights, seed, temp, drawn)]
    if verdicts[0] <= -np.log(FALSE_ALARM):
        return
    own = _answer_ratio(lab, weights, seed, temp, drawn)
    if own is not None and own < -np.log(1e3):
        return
    raise Failed(
        Text(
            f"{len(texts)} 次抽样的分布与 softmax(logits / temp) 不符；"
            "检查温度、状态是否接着整段文本走、是否按概率抽取",
            f"the distribution of {len(texts)} samples is not softmax(logits / temp); look at "
            "the temperature, at the state (it must have read the whole text so far) and at the "
            "drawing",
        )
    )


def telling_weights(
    reference: Seat, rng: np.random.Generator, seed: str, temp: float, draws: int
) -> dict:
    """Weights on which every named wrong sampler would be found out; drawn until they do."""
    while True:
        weights = cases.sampling_weights(rng)
        right, *wrong = (_joint(s) for s in _samplers(reference, weights, seed, temp))
        if all(draws * np.sum(q * np.log(q / right)) > EVIDENCE for q in wrong):
            return weights


EVIDENCE = 80.0
"""Nats expected of a wrong sampler: ln 1e9 is 20.7, the mean costs 2, the rest is for chance."""

Logits = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Of the first character (V,), the second (V, V), the third (V, V, V), given those before."""


def _log_ratio(seat: Seat, weights: dict, seed: str, temp: float, drawn: np.ndarray) -> float:
    """ln of the mean likelihood ratio of the wrong samplers; `seat` gives the logits."""
    right, *wrong = (
        float(np.log(_joint(s)[tuple(drawn.T)]).sum()) for s in _samplers(seat, weights, seed, temp)
    )
    return log_mean_ratio(right, [*wrong, log_evidence(_successors(drawn, len(cases.CHARACTERS)))])


def _samplers(seat: Seat, weights: dict, seed: str, temp: float) -> list[Logits]:
    """The right sampler and the named wrong ones, by the logits that they draw from."""
    V = len(cases.CHARACTERS)
    start = [cases.CHARACTERS.index(c) for c in seed]
    pairs = [(a, b) for a in range(V) for b in range(V)]

    def behind(context: list[int]) -> Logits:
        """Logits of one, two and three characters behind `context`, from a zero state."""
        first, second, third = _last_logits(
            seat,
            weights,
            [[context], [[*context, a] for a in range(V)], [[*context, *p] for p in pairs]],
        )
        return first[0], second, third.reshape(V, V, V)

    first, second, third = behind(start)
    (one,) = _last_logits(seat, weights, [[[a] for a in range(V)]])
    one = one / temp

    def scaled(by: float) -> Logits:
        return first * by, second * by, third * by

    def repeated(logits: np.ndarray) -> np.ndarray:
        return np.broadcast_to(logits, (V, V, V))

    right = scaled(1 / temp)
    return [
        right,
        scaled(1.0),  # temperature ignored
        scaled(temp),  # multiplied instead of divided
        scaled(1e3),  # arg-max
        scaled(0.0),  # uniform
        tuple(z / temp for z in behind(start[-1:])),  # state not warmed up by the seed's start
        (one[start[-1]], one, repeated(one)),  # state reset
        (right[0], one, repeated(one)),  # state reset behind the seed
        (right[0], np.broadcast_to(right[0], (V, V)), repeated(right[0])),  # draws not read
    ]


def _joint(logits: Logits) -> np.ndarray:
    """Probabilities (V, V, V) of three characters, none of them quite zero."""
    first, second, third = (softmax(z) for z in logits)
    return np.maximum(first[:, None, None] * second[:, :, None] * third, 1e-36)


def _successors(drawn: np.ndarray, V: int) -> np.ndarray:
    """How often each character is drawn first, and behind each one as second and as third."""
    counts = np.zeros((1 + 2 * V, V), dtype=np.int64)
    a, b, c = drawn.T
    np.add.at(counts, (np.zeros_like(a), a), 1)
    np.add.at(counts, (1 + a, b), 1)
    np.add.at(counts, (1 + V + b, c), 1)
    return counts


def _last_logits(seat: Seat, weights: dict, groups: list) -> list[np.ndarray]:
    """Logits after each context, from zero states; a group holds contexts of one length."""
    H, V = weights["Why"].shape
    found = []
    for group in groups:
        x = np.array(group)
        result = seat.forward(weights=weights, x=x, h0=np.zeros((len(x), H)))
        logits = array("logits", field(result, "logits"), (len(x), V))
        found.append(logits.astype(np.float64))
    return found


def _answer_ratio(
    lab: Seat, weights: dict, seed: str, temp: float, drawn: np.ndarray
) -> float | None:
    try:
        return _log_ratio(lab, weights, seed, temp, drawn)
    except Verdict:
        return None


def _texts(
    lab: Seat,
    weights: dict,
    seed: str,
    length: int,
    temp: float,
    rng_seeds: list[int],
    global_seeds: list[int],
) -> list[str]:
    result = lab.sample(
        weights=weights,
        seed=seed,
        characters=cases.CHARACTERS,
        length=length,
        temp=temp,
        rng_seeds=rng_seeds,
        global_seeds=global_seeds,
    )
    texts = field(result, "texts")
    if not isinstance(texts, list) or len(texts) != len(rng_seeds):
        raise Failed(Text("sample 没有给出文本", "sample gave no texts"))
    for i, text in enumerate(texts):
        if isinstance(text, (list, tuple)) and all(isinstance(c, str) for c in text):
            texts[i] = "".join(text)  # a list of characters is a text too
        elif not isinstance(text, str):
            raise Failed(
                Text(
                    f"sample 应返回字符串，得到 {type_name(text)}",
                    f"sample should return a string, got {type_name(text)}",
                )
            )
    return texts


def _encode(text: str, length: int) -> list[int]:
    if len(text) != length or set(text) - set(cases.CHARACTERS):
        raise Failed(
            Text(
                "sample 返回的文本长度或字符不对，无法检验分布",
                "sample returned a text of the wrong length or with unknown characters",
            )
        )
    return [cases.CHARACTERS.index(c) for c in text]


# ---------------------------------------------------------------- learning


def learns(lab: Seat, case: cases.Case) -> None:
    """Forward and backward train a model that remembers: its held-out loss falls.

    All that was learned must be in the weights: the predictions are made by a process that has
    not seen the training.
    """
    contexts, truth = case["contexts"], case["truth"]
    V, H = case["inputs"]["weights"]["Wxh"].shape
    trained = lab.learn(**case["inputs"])
    weights = {
        name: array(name, field(trained, name), before.shape)
        for name, before in case["inputs"]["weights"].items()
    }
    lab.forget()
    result = lab.forward(weights=weights, x=contexts, h0=np.zeros((len(contexts), H)))
    logits = field(result, "logits")
    loss = cross_entropy(array("logits", logits, truth.shape).astype(np.float64), truth)
    if not loss <= LEARNING_THRESHOLD:
        raise Failed(
            Text(
                f"用你的 forward 和 backward 训练之后，留出数据上的损失是 {loss:.3g}"
                f"（要低于 {LEARNING_THRESHOLD}；乱猜是 {np.log(V):.3g}）；模型没有学会记住前文",
                f"after training with your forward and backward the held-out loss is {loss:.3g} "
                f"(below {LEARNING_THRESHOLD} wanted; guessing gives {np.log(V):.3g}); the model "
                "did not learn to remember",
            )
        )


def _sizes(case: cases.Case) -> tuple[int, int, int, int]:
    """B, T, V, H of a case."""
    (B, T), (H, V) = case["x"].shape, case["weights"]["Why"].shape
    return B, T, V, H
