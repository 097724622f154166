"""Checks of the networks of ``extensions``, by the weights that the contract names.

With these weights in place, values and gradients are compared with the reference. A network with
names, a layout or a convention of its own is right as well: properties judge it
(:mod:`.checks_networks`), in the public checks, and a person has the last word on the hidden ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from kit.binding import spelling
from kit.cases import Case, single
from kit.compare import REFERENCE_TOLERANCE, array, close, field, is_close
from kit.data import Answer, Arrays
from kit.outcomes import Failed, Partial, Undecided
from kit.runner import Runner
from kit.text import Text

from . import checks_networks as networks
from .cases import BIRNN, GRU, Kind, network_case

EXACT = 1e-5
"""The largest error of a forward that is right; float32 gives 3e-6 at most.

Over eight steps a wrong state may be forgotten so far that the usual tolerance does not show it.
"""


def named_case(
    rng: np.random.Generator, kind: Kind, T: int = 5, B: int = 3, H: int = 4, V: int = 6
) -> Case:
    """A case whose weights have the names and shapes of the contract."""
    return network_case(rng, kind.shapes(V, H), kind.directions, T, B, H, V)


@dataclass(frozen=True)
class Placed:
    """A case for a model that has the weights of the contract, under its own paths."""

    kind: Kind
    case: Case
    paths: dict[str, str]  # the contract's name -> the path on the model

    def by_name(self, found: Answer, weights: Arrays) -> Arrays:
        """The gradients of a probe's answer, by the contract's names and in its shapes."""
        grads = field(found, "grads")
        made = {}
        for name, path in self.paths.items():
            got = grads.get(path) if isinstance(grads, dict) else None
            shape = self.case["weights"][path].shape
            made[name] = array(f"d{name}", got, shape).reshape(weights[name].shape)
        return made


def placed(lab: Runner, kind: Kind, case: Case) -> Placed | None:
    """The case for the student's model; None if its weights are not those of the contract.

    Names may be spelled in an older way; axes of length 1 are free.
    """
    found = networks.shapes_of(lab, kind, case["vocab"], case["h0"].shape[-1])
    paths = {spelling(path.rpartition(".")[2]): path for path in found}
    names = {spelling(name): name for name in case["weights"]}
    if len(found) != len(names) or paths.keys() != names.keys():
        return None
    own = {names[key]: path for key, path in paths.items()}
    for name, path in own.items():
        if _axes(found[path]) != _axes(case["weights"][name].shape):
            return None
    weights = {path: case["weights"][name].reshape(found[path]) for name, path in own.items()}
    return Placed(kind, case | {"weights": weights}, own)


def _axes(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(n for n in shape if n != 1)


def forward_agrees(
    lab: Runner, kind: Kind, case: Case, expected: Answer, *, reveal: bool = False
) -> bool:
    """The values are the reference's. False: a layout or a convention of the student's own.

    ``expected["others"]`` holds the logits by other conventions, such as another order of gates.
    """
    own = placed(lab, kind, case)
    if own is None:
        return False
    found = networks.run(lab, kind, own.case)
    if any(is_close(found["logits"], other) for other in expected["others"].values()):
        return False
    for name in ("logits", "h_T"):
        close(name, found[name], expected[name], reveal=reveal)
    return True


def backward_agrees(lab: Runner, kind: Kind, case: Case, expected: Answer, **how: bool) -> bool:
    """The gradients are the reference's, and they add up. False: they are something else."""
    own = placed(lab, kind, case)
    if own is None:
        return False
    for times in (1, 2):
        found = lab.backward(kind=kind.name, **own.case, times=times, **how)
        got = own.by_name(found, case["weights"]) | {"h0": field(found, "dh0")}
        right = {name: times * expected["grads"][name] for name in case["weights"]}
        right["h0"] = expected["dh0"]
        if not all(is_close(got[name], value) for name, value in right.items()):
            return False
    return True


def tied(case: Case, side: str) -> Case:
    """The case of a BiRNN with the weights of `side` in both directions."""
    own = {name[:-1]: w for name, w in case["weights"].items() if name.endswith(side)}
    both = {name + s: w.copy() for name, w in own.items() if name + "f" in case["weights"]
            for s in "fb"}  # fmt: skip
    return case | {"weights": case["weights"] | both}


def shared_backward_agrees(lab: Runner, case: Case, expected: Answer) -> bool:
    """The gradients of a BiRNN whose forward reads both ways with the weights of one direction.

    That forward is wrong; where both directions have the same weights it is right, and there the
    gradients are compared. The gradient of the weights that it uses may hold that of both.
    """
    own = placed(lab, BIRNN, case)
    if own is None:
        return False
    logits = networks.run(lab, BIRNN, own.case)["logits"]
    for side, other in ("fb", "bf"):
        wanted = expected["tied"][side]
        if not is_close(logits, wanted["logits"]):
            continue
        if backward_agrees(lab, BIRNN, tied(case, side), wanted):
            return True
        grads = dict(wanted["grads"])
        for name in wanted["grads"]:
            if name.endswith(side) and name[:-1] + other in grads:
                grads[name] = grads[name] + grads[name[:-1] + other]
                grads[name[:-1] + other] = np.zeros_like(grads[name])
        return backward_agrees(lab, BIRNN, tied(case, side), {**wanted, "grads": grads})
    return False


def elsewhere(kind: Kind, case: Case) -> dict[str, Case]:
    """Cases on which a forward that is wrong may be right.

    ``still``: the state and the biases are zero, so a forward that leaves one out, or takes one
    for another, is right. ``turned``: x reads the same from either end (see `by_steps` of the
    probe ``backward``); for a GRU the case itself is one that can be read by steps.
    """
    weights = case["weights"]
    biases = {name: np.zeros_like(w) for name, w in weights.items() if w.ndim == 1}
    still = {"weights": weights | biases, "h0": np.zeros_like(case["h0"])}
    found = {"still": case | still}
    if kind is BIRNN:
        half = (case["x"].shape[1] + 1) // 2
        x = case["x"].copy()
        x[:, -half:] = x[:, :half][:, ::-1]
        found["turned"] = case | {"x": x}
    return found


def right_elsewhere(lab: Runner, kind: Kind, case: Case, expected: Answer) -> bool:
    """Whether the gradients are right although forward is wrong, which costs only forward.

    They are compared where that forward is right: on other inputs, or step by step. Beside a right
    forward this says nothing, and a wrong backward gains nothing by it.
    """
    if placed(lab, kind, case) is None or _is_right_forward(lab, kind, case, expected, EXACT):
        return False
    cases, wanted = elsewhere(kind, case), expected["elsewhere"]
    if _is_right_forward(lab, kind, cases["still"], wanted["still"]):
        return backward_agrees(lab, kind, cases["still"], wanted["still"])
    given = cases.get("turned", case), wanted.get("turned", expected)
    try:
        return backward_agrees(lab, kind, *given, by_steps=True)
    except Failed:
        return False  # caches that cannot be joined, or a fault that the other measures name


def _is_right_forward(
    lab: Runner,
    kind: Kind,
    case: Case,
    expected: Answer,
    tolerance: float = REFERENCE_TOLERANCE,
) -> bool:
    own = placed(lab, kind, case)
    if own is None:
        return False
    found = networks.run(lab, kind, own.case)
    return all(is_close(value, expected[name], tolerance) for name, value in found.items())


# ---------------------------------------------------------------- the checks


def gru_forward(
    lab: Runner, case: Case, expected: Answer, rng: np.random.Generator, *, reveal: bool
) -> bool:
    """A GRU's values by the reference (True), or else the properties of one (False)."""
    if forward_agrees(lab, GRU, case, expected, reveal=reveal):
        return True
    own = networks.drawn(lab, GRU, rng)
    networks.recurs(lab, GRU, own)
    networks.has_three_gates(lab)
    networks.every_gate_acts(lab, own)
    networks.mixes(lab, own)
    networks.share_is_gated(lab, own)
    networks.reads_out(lab, GRU, own, rng)
    return False


def birnn_forward(
    lab: Runner, case: Case, expected: Answer, rng: np.random.Generator, *, reveal: bool
) -> bool:
    """A BiRNN's values by the reference (True), or else the properties of one (False)."""
    if forward_agrees(lab, BIRNN, case, expected, reveal=reveal):
        return True
    own = networks.drawn(lab, BIRNN, rng)
    networks.recurs(lab, BIRNN, own)
    networks.reads_from_both_ends(lab, own)
    networks.reads_out(lab, BIRNN, own, rng)
    return False


def backward(
    lab: Runner, kind: Kind, case: Case, expected: Answer, rng: np.random.Generator
) -> bool:
    """The gradients are the reference's (True), or the slopes of a recurrent forward (False).

    So a wrong forward costs only forward. Slopes of one without recurrence are worth half, with the
    contract's weights.
    """
    if backward_agrees(lab, kind, case, expected):
        return True
    if kind is BIRNN and shared_backward_agrees(lab, case, expected):
        return True
    if right_elsewhere(lab, kind, case, expected):
        return True
    own = networks.drawn(lab, kind, rng)
    networks.gradients_fit_forward(lab, kind, own)
    named = placed(lab, kind, case) is not None
    if not named:
        networks.recurs(lab, kind, own)
    networks.reads_out(lab, kind, own, rng)
    if kind is GRU:
        # Of two steps, since a forward may leave its last character unread.
        networks.share_is_gated(lab, own, steps=2)
    if named and not networks.is_recurrent(lab, kind, own):
        raise Partial(
            Text(
                f"{kind.name}.backward 与你自己的 forward 一致，但这个 forward 没有循环："
                "改变或交换前面的字符，logits 不变；得一半分",
                f"{kind.name}.backward fits your own forward, but that is not recurrent: its "
                "logits stay the same when earlier characters change or change places; this "
                "earns half",
            ),
            Fraction(1, 2),
        )
    return False


def backward_hidden(
    lab: Runner, kind: Kind, case: Case, expected: Answer, rng: np.random.Generator
) -> None:
    """As :func:`backward`; of a layout or a convention of the student's own, a person decides.

    With the contract's weights, slopes of a forward that is wrong otherwise count in full.
    """
    if backward(lab, kind, case, expected, rng):
        return
    try:
        foreign = not forward_agrees(lab, kind, case, expected)
    except Failed:
        foreign = False
    decided(not foreign, kind)


def long_case(rng: np.random.Generator, kind: Kind) -> Case:
    """A text of 26 characters whose first one still moves the logits."""
    H = 3
    case = named_case(rng, kind, T=26, B=2, H=H, V=7)
    weights = case["weights"]
    if kind is GRU:
        weights["bx"][H : 2 * H] += 2  # the update gate keeps most of the state
        return case
    for side in "fb":
        weights["Wh" + side] = single(np.linalg.qr(rng.normal(0, 1, (H, H)))[0])
        for name in ("Wx", "bh"):
            weights[name + side] = single(0.2 * weights[name + side])
    return case


def long_gradients_agree(lab: Runner, kind: Kind, case: Case, expected: Answer) -> None:
    """Of a long text too the gradients are the reference's, where the values are.

    For a network whose gradients of a short text are right: the sentence says so.
    """
    try:
        right = forward_agrees(lab, kind, case, expected)
    except Failed:
        return  # what a wrong forward costs, its own checks say
    if right and not backward_agrees(lab, kind, case, expected):
        raise Failed(
            Text(
                "文本很长时梯度不对，很短时是对的；应一直回传到第一步",
                "over a long text the gradients are wrong, though right over a short one; go back "
                "through all steps, to the first",
            )
        )


def decided(right: bool, kind: Kind) -> None:
    """:class:`Undecided` for a network of the student's own layout that has every property."""
    if not right:
        raise Undecided(
            Text(
                f"{kind.name} 的权重用了自己的名字、形状或约定，无法与参考实现逐个比较；"
                "各项性质都成立，这一半分数由助教判定",
                f"the weights of {kind.name} have names, shapes or a convention of your own, so "
                "that they cannot be compared with the reference; all properties hold, and a "
                "person decides on this half of the points",
            )
        )
