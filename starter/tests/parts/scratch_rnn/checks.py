"""Checks of part ``scratch_rnn`` for the networks, on what the probes answer.

Shapes: B batch, T time steps, V vocabulary, H hidden. ``checks_training`` has the checks of
reading, predicting, clipping and training.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kit import cases
from kit.compare import array, close, describe, field, is_close
from kit.data import Answer, Arrays
from kit.numerics import central_differences
from kit.outcomes import Failed
from kit.runner import Runner
from kit.text import Text

NAMES = ("W_xh", "W_hh", "b_h", "W_hq", "b_q")

SMALL = (1e-4, 0.3)
"""The range of the standard deviation of small weights.

The notes take 0.01. The largest deviation that a usual rule gives at the sizes below is 0.236, of
Xavier's rule with the gain of tanh. The deviation of 2,400 drawn numbers is off by 1.4 %.
"""

NORMAL = (2.0, 4.5)
"""The range of the fourth moment over the squared variance of normal numbers.

Its expectation is 3 for normal numbers and 1.8 for uniform ones. In 10,000 draws of 1,200 or more
normal numbers it stayed between 2.2 and 4.2.
"""

SLOPE_TOLERANCE = 5e-2
"""The tolerance of a slope, relative to the largest one of its group.

The error of a state detached at every step is 0.2 or more.
"""

FAR, FAR_TOLERANCE = 3e-4, 0.5
"""The least slope by the state before many steps that says something, and its tolerance."""

CUT = 2
"""How many steps of a case are read before the state is fed back."""


# ---------------------------------------------------------------- parameters and state


def params_have_shapes(lab: Runner, V: int = 7, H: int = 5) -> None:
    """There are five tensors in order, with the contract's shapes, and gradients can reach them."""
    result = lab.get_params(vocab_size=V, num_hiddens=H, rng_seed=1)
    found = _five(field(result, "params"))
    shapes = ((V, H), (H, H), (H,), (H, V), (V,))
    for name, value, shape in zip(NAMES, found, shapes):
        array(name, value, shape)
    for flag, why in (
        (
            "requires_grad",
            Text(
                "没有设 requires_grad：请调用 requires_grad_()",
                "does not require a gradient: call requires_grad_()",
            ),
        ),
        (
            "leaf",
            Text(
                "不是叶子张量，不会保留梯度：请先算好数值，再 requires_grad_()",
                "is not a leaf, so no gradient is kept for it: finish the number, then call "
                "requires_grad_()",
            ),
        ),
    ):
        flags = field(result, flag)
        if flags != [True] * 5:
            wrong = _first_false(flags)
            raise Failed(Text(f"{NAMES[wrong]} {why.zh}", f"{NAMES[wrong]} {why.en}"))


def params_are_small(lab: Runner, rng: np.random.Generator, V: int = 40, H: int = 60) -> None:
    """Weights are small, normal and different from each other; biases are zero."""
    seed = int(rng.integers(0, 2**31))
    result = lab.get_params(vocab_size=V, num_hiddens=H, rng_seed=seed)
    for name, value in zip(NAMES, _five(field(result, "params"))):
        value = array(name, value, None).astype(np.float64)
        if value.size == 0:
            raise Failed(Text(f"{name} 是空的，没有元素", f"{name} is empty"))
        if name.startswith("b"):
            if np.abs(value).max() > 0:
                raise Failed(Text(f"偏置 {name} 应为零", f"the bias {name} should be zero"))
            continue
        spread = float(value.std())
        if not SMALL[0] <= spread <= SMALL[1] or abs(value.mean()) > spread:
            raise Failed(
                Text(
                    f"{name} 应是很小的正态随机数（如标准差 0.01），实际的标准差是 {spread:.3g}、"
                    f"均值 {value.mean():.3g}",
                    f"{name} should hold small normal numbers (of standard deviation 0.01, say); "
                    f"got a deviation of {spread:.3g} and a mean of {value.mean():.3g}",
                )
            )
        shape = float(((value - value.mean()) ** 4).mean() / spread**4)
        if not NORMAL[0] <= shape <= NORMAL[1]:
            raise Failed(
                Text(
                    f"{name} 的分布不像正态分布；用 torch.randn 或 torch.normal",
                    f"the numbers of {name} are not normal; use torch.randn or torch.normal",
                )
            )


def _five(found: Any) -> list[Any]:
    if not isinstance(found, list) or len(found) != 5:
        got = len(found) if isinstance(found, list) else 0
        raise Failed(
            Text(
                f"get_params 应返回五个张量 {'、'.join(NAMES)}，实际返回 {got} 个",
                f"get_params should return the five tensors {', '.join(NAMES)}, got {got}",
            )
        )
    return found


def _first_false(flags: Any) -> int:
    if not isinstance(flags, list):
        return 0
    return next((i for i, flag in enumerate(flags[:5]) if flag is not True), 0)


def state_is_zero(lab: Runner, B: int = 3, H: int = 5) -> None:
    """The state is a tuple of one array of zeros (B, H)."""
    state = field(lab.init_state(batch_size=B, num_hiddens=H), "state")
    if not isinstance(state, (tuple, list)) or not state:
        raise Failed(_not_a_tuple("init_rnn_state", state))
    if np.abs(array("state[0]", state[0], (B, H))).max() > 0:
        raise Failed(Text("初始状态应全为零", "the initial state should be all zeros"))


def _not_a_tuple(name: str, state: Any) -> Text:
    return Text(
        f"{name} 的状态应是元组 (H,)（注意逗号），实际是 {describe(state, 'zh')}",
        f"the state of {name} should be the tuple (H,), mind the comma; got {describe(state)}",
    )


def _state(name: str, state: Any, shape: tuple[int, ...]) -> np.ndarray:
    """The one tensor of a state in a tuple or a list."""
    if not isinstance(state, (tuple, list)) or not state:
        raise Failed(_not_a_tuple(name, state))
    return array("H", state[0], shape)


# ---------------------------------------------------------------- rnn


def rnn_shapes(lab: Runner, case: cases.Case) -> None:
    """outputs (T*B, V) and a state (B, H), finite."""
    T, B, V = case["inputs"].shape
    result = lab.rnn(**case)
    array("outputs", field(result, "outputs"), (T * B, V))
    _state("rnn", field(result, "state"), case["state"].shape)


def rnn_agrees(lab: Runner, case: cases.Case, expected: Answer, *, reveal: bool = False) -> None:
    """The outputs of all steps equal the reference's, in time order."""
    result = lab.rnn(**case)
    outputs, right = field(result, "outputs"), expected["outputs"]
    T, B, V = case["inputs"].shape
    turned = right.reshape(T, B, V).swapaxes(0, 1).reshape(T * B, V)
    if min(T, B) > 1 and is_close(outputs, turned):
        raise Failed(
            Text(
                "数值对，但行的顺序不对：应按时间排列，先是第一步的 B 行，再是第二步的 B 行",
                "the values are right but not the order of the rows: time first, so the B rows "
                "of the first step, then those of the second",
            )
        )
    close("outputs", outputs, right, reveal=reveal)


def rnn_continues(lab: Runner, case: cases.Case, expected: Answer) -> None:
    """The returned state, fed back as it is, continues the sequence.

    The outputs or the state must show it, so that a mistake in the output layer costs nothing here.
    """
    result = lab.continued(**case, cut=CUT)
    if is_close(field(result, "outputs"), expected["outputs"]):
        return
    H = _state("rnn", field(result, "state"), case["state"].shape)
    if not is_close(H, expected["state"][0]):
        raise Failed(
            Text(
                f"先读前 {CUT} 步，再带着返回的状态读其余的，结果与一次读完不同；"
                "请返回最后一步的隐状态 (H,)",
                f"reading {CUT} steps and then the rest with the returned state does not give "
                "what reading all at once gives; return the hidden state of the last step, (H,)",
            )
        )


def gradients_reach(lab: Runner, case: cases.Case) -> None:
    """Backward gives the slopes of the student's own forward, for each parameter and the state."""
    result = lab.rnn_slopes(**case)
    count, (rows, V) = len(case["directions"]), case["loss_weight"].shape
    autograd = array("slopes", field(result, "autograd"), (6, count)).astype(np.float64)
    moved = array("outputs", field(result, "moved"), (6, count, 2, rows, V)).astype(np.float64)
    flat = moved.reshape(6 * count, 2, rows, V)
    slopes = central_differences(flat, case["loss_weight"], case["step"]).reshape(6, count)
    for name, by_autograd, by_moving in zip((*NAMES, "state"), autograd, slopes):
        scale = np.abs(by_moving).max()
        if scale < 1e-3:
            raise Failed(
                Text(
                    f"改动 {name}，输出几乎不变；rnn 的输出应由它算出",
                    f"another {name} hardly changes the outputs; rnn should compute them by it",
                )
            )
        if np.abs(by_autograd - by_moving).max() > SLOPE_TOLERANCE * scale:
            raise Failed(
                Text(
                    f"{name} 的梯度与前向的数值差分不符；检查中途有没有截断计算图"
                    "（detach、.data、no_grad、torch.tensor），有没有原地改动传入的 state",
                    f"the gradient of {name} is not the slope of forward; see that nothing cuts "
                    "the graph on the way (detach, .data, no_grad, torch.tensor), and that the "
                    "state that is passed is not changed in place",
                )
            )


def gradients_reach_far(lab: Runner, case: cases.Case) -> None:
    """Backward gives the slope of the last outputs by the state before the first of many steps.

    Where a wrong forward has forgotten that state, its own checks say so.
    """
    result = lab.rnn_slopes(**case)
    count, (rows, V) = len(case["directions"]), case["loss_weight"].shape
    autograd = array("slopes", field(result, "autograd"), (6, count)).astype(np.float64)[-1]
    moved = array("outputs", field(result, "moved"), (6, count, 2, rows, V)).astype(np.float64)[-1]
    slopes = central_differences(moved, case["loss_weight"], case["step"])
    scale = np.abs(slopes).max()
    if scale >= FAR and np.abs(autograd - slopes).max() > FAR_TOLERANCE * scale:
        T = len(case["inputs"])
        raise Failed(
            Text(
                f"读 {T} 步时，最后的输出对最初状态的梯度不对；检查中途有没有截断计算图"
                "（detach、.data、no_grad）",
                f"of {T} steps the gradient of the last outputs by the first state is wrong; see "
                "that nothing cuts the graph on the way (detach, .data, no_grad)",
            )
        )


# ---------------------------------------------------------------- RNNModelScratch


def model_calls(lab: Runner, case: cases.Case) -> None:
    """forward_fn gets one-hot inputs (T, B, V), state and parameters; its result is returned.

    The forward function is the probe's: it sums the inputs over the batch.
    """
    B, T = case["x"].shape
    V = case["params"]["W_xh"].shape[0]
    given = {name: case[name] for name in ("params", "x", "state")}
    result = lab.model(**given)
    wanted = np.eye(V)[case["x"].T]  # (T, B, V)
    inputs = array("inputs", field(result, "inputs"), None)
    if inputs.shape != wanted.shape or not np.array_equal(inputs, wanted):
        raise Failed(
            Text(
                "forward_fn 的 inputs 应是 X 转置后的独热（one-hot）向量，"
                f"形状 (T,B,V) = {wanted.shape}，"
                f"实际是 {describe(inputs, 'zh')}",
                "the inputs of forward_fn should be the one-hot vectors of X transposed, "
                f"(T,B,V) = {wanted.shape}, got {describe(inputs)}",
            )
        )
    if inputs.dtype.kind != "f":
        raise Failed(
            Text(
                "独热（one-hot）向量应转成浮点数，否则不能与权重相乘",
                "make floats of the one-hot vectors: integers cannot be multiplied by weights",
            )
        )
    close("state", _state("forward_fn", field(result, "state"), case["state"].shape), case["state"])
    _params_kept(field(result, "params"), case["params"])
    sums = np.repeat(wanted.sum(axis=1), B, axis=0)
    close("RNNModelScratch(...)", field(result, "outputs"), sums)
    new = _state("RNNModelScratch(...)", field(result, "new"), case["state"].shape)
    close("state", new, 3 * case["state"])


def model_begins(lab: Runner, params: Arrays, B: int = 3) -> None:
    """begin_state returns what init_state does, for its batch size; params come from get_params."""
    H = params["W_hh"].shape[0]
    result = lab.begin_state(params=params, batch_size=B)
    state = _state("begin_state", field(result, "state"), (B, H))
    close("begin_state", state, np.full((B, H), B + H / 100))
    _params_kept(field(result, "params"), params)


def _params_kept(found: Any, params: Arrays) -> None:
    kept = isinstance(found, (list, tuple)) and len(found) == len(NAMES)
    if not kept or not all(is_close(p, params[name]) for p, name in zip(found, NAMES)):
        raise Failed(
            Text(
                "params 应是 get_params 返回的五个参数，并交给 forward_fn",
                "params should be the five parameters that get_params returned, and forward_fn "
                "should be given them",
            )
        )


# ---------------------------------------------------------------- RNNModel


def module_shapes(lab: Runner, case: cases.Case) -> None:
    """The scores have shape (T*B, V) and are finite, and a state is returned."""
    B, T = case["x"].shape
    result = lab.module(**case)
    array("RNNModel(...)", field(result, "outputs"), (T * B, case["weights"]["linear.bias"].size))
    if field(result, "state") is None:
        raise Failed(
            Text("forward 还要返回新的状态", "forward should return the new state as well")
        )


def module_agrees(lab: Runner, case: cases.Case, expected: Answer, *, reveal: bool = False) -> None:
    """Scores and state equal the reference's."""
    result = lab.module(**case)
    close("RNNModel(...)", field(result, "outputs"), expected["outputs"], reveal=reveal)
    _same_states(field(result, "state"), expected["state"])


def module_learns(
    lab: Runner,
    reference: Runner,
    case: cases.Case,
    rng: np.random.Generator,
    steps: int | None = None,
) -> None:
    """Backward gives each parameter its gradient: the reference's, where the scores are its own.

    With other scores, which cost points elsewhere, a gradient that is not zero is enough. With
    `steps` the loss is that of the last ones only. A second call gives the same scores, in
    training mode too.
    """
    B, T = case["x"].shape
    loss_weight = rng.normal(0, 1, (T * B, case["weights"]["linear.bias"].size))
    if steps is not None:
        loss_weight[: -steps * B] = 0
    result = lab.module_slopes(**case, loss_weight=loss_weight)
    right = reference.module_slopes(**case, loss_weight=loss_weight)
    same = is_close(field(result, "outputs"), right["outputs"])
    found = field(result, "grads")
    for name, wanted in right["grads"].items():
        got = found.get(name) if isinstance(found, dict) else None
        if got is None or not np.abs(array(f"grad {name}", got, wanted.shape)).max() > 0:
            raise Failed(
                Text(
                    f"RNNModel 的参数 {name} 没有梯度：前向里不要 detach、.data 或 no_grad",
                    f"the parameter {name} of RNNModel gets no gradient: no detach, .data or "
                    "no_grad in forward",
                )
            )
        if same and not is_close(got, wanted, SLOPE_TOLERANCE):
            raise Failed(
                Text(
                    f"RNNModel 的参数 {name} 的梯度不对，而前向的结果对；"
                    "前向里不要 detach、.data 或 no_grad",
                    f"the gradient of the parameter {name} of RNNModel is wrong, though forward's "
                    "results are right; no detach, .data or no_grad in forward",
                )
            )
    if same and not is_close(field(result, "again"), right["outputs"]):
        raise Failed(
            Text(
                "训练模式下，同样的输入和状态再次调用 RNNModel，结果却不同；不要保留上次的状态",
                "in training mode a second call of RNNModel with the same inputs and state gives "
                "other scores; keep no state from the call before",
            )
        )


def _same_states(found: Any, right: Any) -> None:
    for i, (got, wanted) in enumerate(zip(_parts(found), _parts(right))):
        close(f"state[{i}]", got, wanted)
    if len(_parts(found)) != len(_parts(right)):
        raise Failed(
            Text(
                f"状态应有 {len(_parts(right))} 个张量，实际有 {len(_parts(found))} 个",
                f"the state should have {len(_parts(right))} tensors, got {len(_parts(found))}",
            )
        )


def _parts(state: Any) -> list[Any]:
    """The tensors of a state; an LSTM's has two, in a tuple or a list."""
    return list(state) if isinstance(state, (tuple, list)) else [state]


def module_begins(lab: Runner, case: cases.Case, B: int = 3) -> None:
    """The state is zeros (directions * layers, B, H), twice for an LSTM; by default B is 1."""
    given = {name: case[name] for name in ("weights", "kind", "layers", "directions")}
    result = lab.module_state(**given, batch_size=B)
    H = case["weights"]["weight_hh_l0"].shape[1]
    count = 2 if case["kind"] == "LSTM" else 1
    for name, size in (("state", B), ("alone", 1)):
        state = field(result, name)
        if count == 1 and isinstance(state, (tuple, list)):
            raise Failed(
                Text(
                    f"nn.{case['kind']} 的状态应是一个张量，实际是 {describe(state, 'zh')}",
                    f"the state of nn.{case['kind']} should be one tensor, got {describe(state)}",
                )
            )
        if len(_parts(state)) != count or (count == 2 and not isinstance(state, (tuple, list))):
            raise Failed(
                Text(
                    f"nn.LSTM 的状态应是两个张量的元组 (H, C)，实际是 {describe(state, 'zh')}",
                    "the state of nn.LSTM should be a tuple of two tensors (H, C), got "
                    f"{describe(state)}",
                )
            )
        for part in _parts(state):
            shape = (case["layers"] * case["directions"], size, H)
            if np.abs(array("begin_state", part, shape)).max() > 0:
                raise Failed(Text("初始状态应全为零", "the initial state should be all zeros"))
