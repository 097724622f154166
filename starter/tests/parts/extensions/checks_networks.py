"""Checks of the networks of ``extensions``, by central differences of their own forward.

The student chooses names and layout of the weights. Shapes: B batch, T time steps, V vocabulary,
H hidden.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from kit import compare
from kit.cases import Case
from kit.compare import array, close, field, is_close
from kit.data import Arguments, Arrays
from kit.numerics import central_differences
from kit.outcomes import Failed
from kit.runner import Runner
from kit.text import Text

from .cases import network_case

IDLE = 1e-3
"""The least slope of a weight, as a share of the largest slope; a smaller one has no effect.

Right networks have 0.016 or more (GRU and BiRNN, 25 draws each).
"""


UNUSED = 1e-9
"""The largest slope, next to 1, of what forward does not use; roundoff alone gives 1e-11."""


@dataclass(frozen=True)
class Kind:
    """The properties in which the two networks differ."""

    name: str
    directions: int


GRU = Kind("GRU", 1)
BIRNN = Kind("BiRNN", 2)


def drawn(lab: Runner, kind: Kind, rng: np.random.Generator, T: int = 5, B: int = 3) -> Case:
    """A case whose weights have the shapes of the student's own model."""
    V, H = 6, 4
    shapes = _shapes(lab, kind, V, H)
    return network_case(rng, shapes, kind.directions, T, B, H, V)


def _shapes(lab: Runner, kind: Kind, V: int, H: int) -> dict[str, tuple[int, ...]]:
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
    count = sum(math.prod(shape) for shape in _shapes(lab, GRU, V, H).values())
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


def runs(lab: Runner, kind: Kind, case: Case) -> None:
    """The shapes are right, and the logits depend on the first and on the last character."""
    first = _forward(lab, kind, case)
    scale = np.abs(first["logits"]).max()

    def acts(t: int) -> bool:
        x = case["x"].copy()
        x[:, t] = (x[:, t] + 1) % case["vocab"]
        other = _forward(lab, kind, case | {"x": x})
        return bool(np.abs(other["logits"] - first["logits"]).max() > 1e-6 * scale)

    if not acts(-1):
        raise Failed(
            Text(
                "换掉最后一个字符，logits 不变；应读完全部字符",
                "the logits do not change with the last character; read all of them",
            )
        )
    if not acts(0):
        raise Failed(
            Text(
                "换掉第一个字符，logits 不变；请把状态一直传到最后",
                "the logits do not change with the first character; carry the state on to the end",
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
    found = _forward(lab, GRU, case | {"weights": weights, "h0": large, "x": case["x"][:, :1]})
    top = np.abs(found["h_T"]).max()
    if not 1 < top <= 3 + 1e-6:
        raise Failed(
            Text(
                "从全为 ±3 的状态走一步，GRU 的新状态应是旧状态与候选值的混合，"
                f"绝对值最大在 1 到 3 之间，实际是 {top:.3g}",
                "one step from a state of all ±3: a GRU mixes the old state with the candidate, "
                f"so the largest magnitude lies between 1 and 3; got {top:.3g}",
            )
        )


def reads_from_both_ends(lab: Runner, case: Case) -> None:
    """One direction reads forwards, the other backwards; which of them comes first is free."""
    x, h0 = case["x"], case["h0"]
    cut = x.shape[1] // 2
    whole = _forward(lab, BIRNN, case)["h_T"]
    head = _forward(lab, BIRNN, case | {"x": x[:, :cut]})["h_T"]
    tail = _forward(lab, BIRNN, case | {"x": x[:, cut:]})["h_T"]
    from_head = _forward(lab, BIRNN, case | {"x": x[:, cut:], "h0": head})["h_T"]
    from_tail = _forward(lab, BIRNN, case | {"x": x[:, :cut], "h0": tail})["h_T"]
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
    moved = h0.copy()
    moved[0] += 0.5
    changed = _forward(lab, BIRNN, case | {"h0": moved})["h_T"]
    if not is_close(changed[1], whole[1]):
        raise Failed(
            Text(
                "h0[0] 变了，另一个方向的最后状态也变了；两个方向互不影响",
                "the last state of one direction changes with h0 of the other; the two are apart",
            )
        )


def gradients_fit_forward(lab: Runner, kind: Kind, case: Case) -> None:
    """Each gradient, and dh0, is the slope of the student's own forward, and no slope is near 0."""
    inputs = {name: case[name] for name in ("weights", "x", "h0", "vocab")}
    result = lab.backward(kind=kind.name, **case)
    own = _forward(lab, kind, case)
    grads = field(result, "grads")
    if not isinstance(grads, dict):
        raise Failed(
            Text(
                "backward 之后没有可读的梯度：每个权重 Name 要有梯度 dName",
                "no readable gradients after backward: each weight Name needs its gradient dName",
            )
        )
    found = {path: grads.get(path) for path in case["weights"]} | {"h0": field(result, "dh0")}
    single = any(_is_single(v) for v in (*found.values(), own["logits"]))
    step, tolerance = compare.DIFFERENCES[4 if single else 8]
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
                    f"连续调用两次 backward，{path} 的梯度应是一次的两倍；梯度要用 += 累加",
                    f"two calls of backward should give twice the gradient of {path}; add to it "
                    "with +=",
                )
            )


def _slopes(
    lab: Runner, kind: Kind, inputs: Arguments, path: str, dlogits: np.ndarray, step: float
) -> np.ndarray:
    base = inputs["h0"] if path == "h0" else inputs["weights"][path]
    moved = lab.perturbed(kind=kind.name, **inputs, name=path, step=step)
    logits = array("logits", field(moved, "logits"), (base.size, 2, *dlogits.shape))
    return central_differences(logits, dlogits, step).reshape(base.shape)


def _forward(lab: Runner, kind: Kind, case: Case) -> Arrays:
    inputs = {name: case[name] for name in ("weights", "x", "h0", "vocab")}
    result = lab.forward(kind=kind.name, **inputs)
    B = len(case["x"])
    return {
        "logits": array("logits", field(result, "logits"), (B, case["vocab"])),
        "h_T": array("h_T", field(result, "h_T"), case["h0"].shape),
    }


def _is_single(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == np.float32
