"""Properties of the networks of ``extensions``, and central differences of their own forward.

They judge a network whose names or layout of the weights are the student's own; one with those of
the contract is compared with the reference (:mod:`.checks_layouts`). Shapes: B batch, T time
steps, V vocabulary, H hidden.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from kit import compare
from kit.cases import Case, single
from kit.compare import array, close, field, is_close
from kit.data import Arguments, Arrays
from kit.numerics import central_differences
from kit.outcomes import Failed
from kit.runner import Runner
from kit.text import Text

from .cases import BIRNN, GRU, Kind, network_case

IDLE = 1e-3
"""The least slope of a weight, as a share of the largest slope; a smaller one has no effect.

Right networks have 0.016 or more (GRU and BiRNN, 25 draws each).
"""


UNUSED = 1e-9
"""The largest slope, next to 1, of what forward does not use; roundoff alone gives 1e-11."""


LEAST, SPREAD, SHIFT = 0.2, 0.05, 5e-5
"""Least entry of a state, and the least spread and shift of the share that a GRU keeps of it.

Right ones have 0.23 and 2.4e-4 or more (180 draws); a fixed share 0.01 and 1.4e-5 at most.
"""


AFFINE = 1e-3
"""The largest error of the affine map from states to logits; float32 alone gives 3e-6."""


def drawn(lab: Runner, kind: Kind, rng: np.random.Generator, T: int = 5, B: int = 3) -> Case:
    """A case whose weights have the shapes of the student's own model."""
    V, H = 6, 4
    return network_case(rng, shapes_of(lab, kind, V, H), kind.directions, T, B, H, V)


def shapes_of(lab: Runner, kind: Kind, V: int, H: int) -> dict[str, tuple[int, ...]]:
    """The path of each weight of the student's own model, and its shape."""
    found = field(lab.layout(kind=kind.name, vocab=V, hidden=H), "shapes")
    if not isinstance(found, dict) or not found:
        raise Failed(
            Text(
                f"{kind.name} 的对象里没有找到权重：每个权重 Name 要有同样形状的梯度 dName",
                f"no weights were found on {kind.name}: each weight Name has its gradient dName "
                "of the same shape",
            )
        )
    shapes = {}
    for path, shape in found.items():
        sizes = tuple(shape) if isinstance(shape, (list, tuple)) else (-1,)
        if not isinstance(path, str) or not all(type(n) is int and 0 < n <= 1000 for n in sizes):
            raise Failed(
                Text(
                    "权重的形状无法读取：权重应是 NumPy 数组",
                    "the shapes of the weights cannot be read: weights should be NumPy arrays",
                )
            )
        shapes[path] = sizes
    if sum(math.prod(shape) for shape in shapes.values()) > 2000:
        raise Failed(
            Text(
                f"{kind.name} 的权重太多：V = {V}、H = {H} 时应不超过 2000 个数",
                f"{kind.name} has too many weights for V = {V}, H = {H}: 2000 numbers at most",
            )
        )
    return shapes


def has_three_gates(lab: Runner) -> None:
    """The GRU has the weights of three gates and an output layer, with any biases or none."""
    V, H = 6, 4
    count = sum(math.prod(shape) for shape in shapes_of(lab, GRU, V, H).values())
    least = 3 * (V * H + H * H) + H * V
    most = least + 6 * H + V
    if not least <= count <= most:
        raise Failed(
            Text(
                f"V = {V}、H = {H} 的 GRU 应有三个门的权重，连同输出层共 {least} 到 {most} 个数，"
                f"实际有 {count} 个",
                f"a GRU with V = {V}, H = {H} has the weights of three gates, with the output "
                f"layer {least} to {most} numbers; got {count}",
            )
        )


def recurs(lab: Runner, kind: Kind, case: Case) -> None:
    """The shapes are right; each character acts, and so does the order of any two.

    A GRU that goes on from the state which it returned ends where one that reads all at once does.
    """
    x, acts = case["x"], _acting(lab, kind, case)
    for t in range(x.shape[1]):
        if not acts(_changed(case, t)):
            raise Failed(
                Text(
                    f"换掉第 {t + 1} 个字符（共 {x.shape[1]} 个），logits 不变；"
                    "应读完全部字符，并把状态一直传到最后",
                    f"the logits do not change with character {t + 1} of {x.shape[1]}; read all "
                    "of them, and carry the state on to the end",
                )
            )
    for t in range(x.shape[1] - 1):
        if not acts(_exchanged(case, t)):
            raise Failed(
                Text(
                    f"交换第 {t + 1} 和第 {t + 2} 个字符，logits 不变；"
                    "每一步都应从上一步的状态算起",
                    f"the logits do not change when characters {t + 1} and {t + 2} are exchanged; "
                    "each step starts from the state of the step before",
                )
            )
    if kind is GRU:
        _goes_on(lab, case)


def is_recurrent(lab: Runner, kind: Kind, case: Case) -> bool:
    """Whether each earlier character moves the logits, and so does exchanging two characters.

    All that a forward needs in order to say something of the backward that fits it.
    """
    acts, earlier = _acting(lab, kind, case), range(case["x"].shape[1] - 1)
    return all(acts(_changed(case, t)) and acts(_exchanged(case, t)) for t in earlier)


def _acting(lab: Runner, kind: Kind, case: Case) -> Callable[[np.ndarray], bool]:
    """Whether the logits of another text differ from those of the case."""
    whole = run(lab, kind, case)["logits"]

    def acts(other: np.ndarray) -> bool:
        moved = run(lab, kind, case | {"x": other})["logits"] - whole
        return bool(np.abs(moved).max() > 1e-6 * np.abs(whole).max())

    return acts


def _changed(case: Case, t: int) -> np.ndarray:
    other: np.ndarray = case["x"].copy()
    other[:, t] = (other[:, t] + 1) % case["vocab"]
    return other


def _exchanged(case: Case, t: int) -> np.ndarray:
    other: np.ndarray = case["x"].copy()
    other[:, [t, t + 1]] = other[:, [t + 1, t]]
    return other


def _goes_on(lab: Runner, case: Case) -> None:
    x, cut, whole = case["x"], case["x"].shape[1] // 2, run(lab, GRU, case)
    head = run(lab, GRU, case | {"x": x[:, :cut]})
    rest = run(lab, GRU, case | {"x": x[:, cut:], "h0": head["h_T"].astype(np.float64)})
    if not all(is_close(rest[name], whole[name]) for name in ("logits", "h_T")):
        raise Failed(
            Text(
                "先读前一半，再从返回的 h_T 读后一半，结果与一次读完不同；"
                "每一步只由上一步的状态和这一步的字符算出",
                "reading one half and then the other from the h_T that came back does not give "
                "what reading all at once gives; a step depends on the state before it and on its "
                "character alone",
            )
        )


def every_gate_acts(lab: Runner, case: Case) -> None:
    """No row and no column of a weight is idle: a gate that is not used leaves a third of them."""
    inputs = {name: case[name] for name in ("weights", "x", "h0", "vocab")}
    step = compare.DIFFERENCES[8][0]
    for path, weight in case["weights"].items():
        slope = np.abs(_slopes(lab, GRU, inputs, path, case["dlogits"], step))
        lines = [slope.max(axis=axis) for axis in range(slope.ndim)] if weight.ndim > 1 else [slope]
        if min(float(line.min()) for line in lines) <= UNUSED * max(1.0, slope.max()):
            raise Failed(
                Text(
                    f"{path} 的一部分对 logits 没有影响；重置门、更新门和候选值都应在前向中起作用",
                    f"a part of {path} does not act on the logits; the reset gate, the update gate "
                    "and the candidate all act in forward",
                )
            )


def mixes(lab: Runner, case: Case) -> None:
    """A GRU mixes the old state with the new: a large state stays large, and never grows.

    The weights are small, so that every gate is half open: with all gates shut, a right GRU
    forgets a large state at once.
    """
    large, weights = 3 * np.sign(case["h0"]), {n: 0.1 * w for n, w in case["weights"].items()}
    found = run(lab, GRU, case | {"weights": weights, "h0": large, "x": case["x"][:, :1]})
    top, signed = np.abs(found["h_T"]).max(), found["h_T"] * np.sign(large)
    if not 1 < top <= 3 + 1e-6 or signed.min() < -1 - 1e-6:
        raise Failed(
            Text(
                "从全为 ±3 的状态走一步，GRU 的新状态应是旧状态与候选值的混合，"
                f"绝对值最大在 1 到 3 之间，实际是 {top:.3g}",
                "one step from a state of all ±3: a GRU mixes the old state with the candidate, "
                f"so the largest magnitude lies between 1 and 3; got {top:.3g}",
            )
        )


def repeats(lab: Runner, kind: Kind, case: Case) -> None:
    """No state is kept from one call to the next."""
    inputs = {name: case[name] for name in ("weights", "x", "h0", "vocab")}
    other = {"x": (case["x"] + 1) % case["vocab"], "h0": -case["h0"]}
    result = lab.forward_again(kind=kind.name, **inputs, other=other)
    shape = (len(case["x"]), case["vocab"])
    first, again = (array("logits", field(result, name), shape) for name in ("first", "again"))
    if not is_close(again, first):
        raise Failed(
            Text(
                f"同样的输入、同样的 h0，再次调用 {kind.name}.forward 的结果却不同；"
                "每次都应从传入的 h0 开始，两次调用之间不应保留状态",
                f"{kind.name}.forward gives another result the second time for the same input and "
                "h0; start from the h0 that is passed, and keep no state between calls",
            )
        )


def share_is_gated(lab: Runner, case: Case, steps: int = 1) -> None:
    """The share that a GRU keeps of its old state is a gate: it depends on state and character.

    Of a state of hundreds, a step keeps that share; the candidate adds at most 1. With small
    weights the gates of such a state are neither shut nor open.
    """
    h0 = case["h0"]
    large = 1000 * np.where(np.abs(h0) < LEAST, np.copysign(LEAST, h0), h0)
    small = {name: 2e-3 * value for name, value in case["weights"].items()}
    shares = []
    for turn in (0, 1):
        x = (case["x"][:, :steps] + turn) % case["vocab"]
        found = run(lab, GRU, case | {"weights": small, "h0": large, "x": x})
        shares.append(found["h_T"].astype(np.float64) / large)
    apart = float(np.abs(shares[1] - shares[0]).max())
    if np.ptp(shares[0]) < SPREAD or apart < SHIFT:
        raise Failed(
            Text(
                "GRU 保留旧状态的比例应由更新门决定，随状态和字符而变；这里几乎不变",
                "the share that a GRU keeps of its old state comes from the update gate and "
                "depends on the state and on the character; here it hardly does",
            )
        )


def reads_from_both_ends(lab: Runner, case: Case) -> None:
    """One direction reads forwards, the other backwards; which of them comes first is free."""
    x, h0 = case["x"], case["h0"]
    cut = x.shape[1] // 2
    whole = run(lab, BIRNN, case)["h_T"]
    head = run(lab, BIRNN, case | {"x": x[:, :cut]})["h_T"]
    tail = run(lab, BIRNN, case | {"x": x[:, cut:]})["h_T"]
    from_head = run(lab, BIRNN, case | {"x": x[:, cut:], "h0": head})["h_T"]
    from_tail = run(lab, BIRNN, case | {"x": x[:, :cut], "h0": tail})["h_T"]
    forwards = [is_close(from_head[d], whole[d]) for d in range(2)]
    backwards = [is_close(from_tail[d], whole[d]) for d in range(2)]
    if forwards not in ([True, False], [False, True]) or backwards != forwards[::-1]:
        raise Failed(
            Text(
                "两个方向应一个从头读到尾、一个从尾读到头，并各自从 h0 的一半开始；这里不是这样",
                "one direction reads from the first character to the last, the other from the last "
                "to the first, each from its own half of h0; that is not so here",
            )
        )
    if np.abs(whole).max() > 1 + 1e-6:
        raise Failed(
            Text(
                "最后状态的绝对值超过了 1；每一步是 tanh，状态应在 -1 与 1 之间",
                "the last state exceeds 1 in magnitude; each step is a tanh, between -1 and 1",
            )
        )
    moved = h0.copy()
    moved[0] += 0.5
    changed = run(lab, BIRNN, case | {"h0": moved})["h_T"]
    if not is_close(changed[1], whole[1]):
        raise Failed(
            Text(
                "h0[0] 变了，另一个方向的最后状态也变了；两个方向互不影响",
                "the last state of one direction changes with h0 of the other; the two are apart",
            )
        )


def reads_out(lab: Runner, kind: Kind, case: Case, rng: np.random.Generator) -> None:
    """The logits are an output layer on the last states: one affine map fits many of them."""
    H, T = case["h0"].shape[-1], case["x"].shape[1]
    rows = 3 * (kind.directions * H + 1)
    state = (rows, H) if kind.directions == 1 else (2, rows, H)
    x, h0 = rng.integers(0, case["vocab"], (rows, T)), single(rng.normal(0, 0.5, state))
    found = run(lab, kind, case | {"x": x, "h0": h0})
    states = found["h_T"] if kind.directions == 1 else np.hstack(list(found["h_T"]))
    inputs = np.column_stack([states, np.ones(rows)]).astype(np.float64)
    fitted = inputs @ np.linalg.lstsq(inputs, found["logits"].astype(np.float64), rcond=None)[0]
    if not is_close(fitted, found["logits"], AFFINE):
        raise Failed(
            Text(
                "logits 应是输出层作用在最后状态 h_T 上的结果（h_T Why + by）；这里不是这样",
                "the logits are an output layer on the last states (h_T Why + by); here they are "
                "not",
            )
        )


def gradients_fit_forward(lab: Runner, kind: Kind, case: Case) -> None:
    """Each gradient, and dh0, is the slope of the student's own forward, and no slope is near 0."""
    inputs = {name: case[name] for name in ("weights", "x", "h0", "vocab")}
    result = lab.backward(kind=kind.name, **case)
    own = run(lab, kind, case)
    grads = field(result, "grads")
    if not isinstance(grads, dict):
        raise Failed(
            Text(
                "backward 之后没有可读的梯度：每个权重 Name 要有梯度 dName",
                "no readable gradients after backward: each weight Name needs its gradient dName",
            )
        )
    found = {path: grads.get(path) for path in case["weights"]} | {"h0": field(result, "dh0")}
    small = any(_is_single(v) for v in (*found.values(), own["logits"]))
    step, tolerance = compare.DIFFERENCES[4 if small else 8]
    slopes = {path: _slopes(lab, kind, inputs, path, case["dlogits"], step) for path in found}
    largest = max(1.0, *(np.abs(slope).max() for slope in slopes.values()))  # dlogits are N(0, 1)
    for path, slope in slopes.items():
        if np.abs(slope).max() < IDLE * largest:
            raise Failed(
                Text(
                    f"{path} 对 logits 几乎没有影响；每个权重（和 h0）都应在前向中起作用",
                    f"{path} hardly moves the logits; every weight (and h0) acts in forward",
                )
            )
        name = "dh0" if path == "h0" else f"d({path})"
        close(name, found[path], slope, tolerance=tolerance)
    twice = field(lab.backward(kind=kind.name, **case, times=2), "grads")
    for path in case["weights"]:
        got = twice.get(path) if isinstance(twice, dict) else None
        if not is_close(got, 2 * np.asarray(found[path], dtype=np.float64)):
            raise Failed(
                Text(
                    f"连续调用两次 backward，{path} 的梯度应是一次的两倍；每次调用都应把自己的"
                    "梯度加到原有的上面（+=）",
                    f"two calls of backward should give twice the gradient of {path}; each call "
                    "adds its own to what is there (+=)",
                )
            )


def _slopes(
    lab: Runner, kind: Kind, inputs: Arguments, path: str, dlogits: np.ndarray, step: float
) -> np.ndarray:
    base = inputs["h0"] if path == "h0" else inputs["weights"][path]
    moved = lab.perturbed(kind=kind.name, **inputs, name=path, step=step)
    logits = array("logits", field(moved, "logits"), (base.size, 2, *dlogits.shape))
    return central_differences(logits, dlogits, step).reshape(base.shape)


def run(lab: Runner, kind: Kind, case: Case) -> Arrays:
    """Logits and last state of the student's network."""
    inputs = {name: case[name] for name in ("weights", "x", "h0", "vocab")}
    result = lab.forward(kind=kind.name, **inputs)
    B = len(case["x"])
    return {
        "logits": array("logits", field(result, "logits"), (B, case["vocab"])),
        "h_T": array("h_T", field(result, "h_T"), case["h0"].shape),
    }


def _is_single(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == np.float32
