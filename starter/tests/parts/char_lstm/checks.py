"""Checks of part ``char_lstm``, on what its probes answer.

Shapes: B batch, T time steps, V vocabulary, H hidden, L layers.

``train`` and ``generate`` earn their points with the student's own model, or else with a stand-in
that computes something else, so that a wrong ``forward`` costs only ``forward``.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from kit import cases, compare
from kit.by_itself import either
from kit.compare import array, close, field, is_close, moves
from kit.data import Answer, Arrays
from kit.numerics import central_differences, joint_norm
from kit.outcomes import Failed
from kit.plain import type_name
from kit.runner import Runner
from kit.text import Text

from .cases import char_training_case

WAYS = ("fresh", "epoch", "always")
"""The ways to choose a batch's initial state that are right; see the probe ``right_steps``."""

CUT = 4
"""How many characters of the public case are read before its state is fed back."""

QUIET = 1e-6
"""What a loss is multiplied by so that its gradients are below every limit."""

IDLE = 1e-6
"""Gradients below this share of the reference's are no evidence of what clips them."""

SLOPE_TOLERANCE = 5e-2
"""The tolerance of a slope, relative to the largest one of its parameter."""

FAR, FAR_TOLERANCE = 3e-4, 0.5
"""The least slope by the first of many characters that says something, and its tolerance."""

STILL = 1e-4
"""A parameter that moves the logits by this share of what another one does, moves nothing.

Of right code the least share is 7e-3.
"""

LOUD = 12.0
"""The joint norm of a loud case's gradients: a clip at 10 or less in the code shows on them."""


# ---------------------------------------------------------------- forward


def forward_shapes(lab: Runner, case: cases.Case) -> None:
    """logits (B, V), finite, and a hidden state."""
    result = lab.forward(weights=case["weights"], x=case["x"])
    array("logits", field(result, "logits"), (len(case["x"]), _vocab(case)))
    if field(result, "hidden") is None:
        raise Failed(
            Text(
                "forward 返回的 hidden 是 None；请把 LSTM 的新状态一并返回",
                "forward returned None for hidden; return the LSTM's new state as well",
            )
        )


def forward_agrees(
    lab: Runner, case: cases.Case, expected: Answer, *, reveal: bool = False
) -> None:
    """The logits equal the reference's."""
    inputs = {name: case[name] for name in ("weights", "x", "state") if name in case}
    result = lab.forward(**inputs)
    close("logits", field(result, "logits"), expected["logits"], reveal=reveal)


def forward_continues(lab: Runner, case: cases.Case, cut: int, expected: Answer) -> None:
    """The returned state, fed back, continues the sequence.

    The logits or the last state must show it, so that a mistake after the LSTM costs nothing
    here.
    """
    result = lab.continued(weights=case["weights"], x=case["x"], cut=cut)
    got = array("logits", field(result, "logits"), expected["logits"].shape)
    if is_close(got, expected["logits"]):
        return
    hidden = field(result, "hidden")
    if _length(hidden) == 2 and all(is_close(hidden[i], expected[n]) for i, n in enumerate("hc")):
        return
    raise Failed(
        Text(
            "先读开头几个字符，再带着返回的 hidden 读其余的，结果与一次读完不同；"
            "hidden 要传给 LSTM，并返回 LSTM 的新状态",
            "reading the first characters and then the rest with the returned hidden does not give "
            "what reading all at once gives; pass hidden to the LSTM and return its new state",
        )
    )


def forward_repeats(lab: Runner, case: cases.Case) -> None:
    """The same input gives the same logits, whatever was read before, in either mode.

    That counts where forward reads its text from the first character, and its parameters.
    """
    weights, x, rows = case["weights"], case["x"], (len(case["x"]), _vocab(case))
    other = x.copy()
    other[:, 0] = (x[:, 0] + 1) % _vocab(case)
    halved = {name: value / 2 for name, value in weights.items()}
    result = lab.repeated(weights=weights, x=x, state=case["state"], other=other, halved=halved)
    for mode in ("training", "evaluation"):
        first, *later = _logits(field(result, mode), 3, rows)
        if not all(is_close(again, first) for again in later):
            raise Failed(
                Text(
                    "同样的输入、不给 hidden，再次调用时 logits 变了；hidden 为 None 时每次都应从"
                    "零状态开始：不保留上一次调用的状态，也不用随机的初始状态",
                    "the same input without hidden gives other logits at a later call; with hidden "
                    "None each call starts from zeros: keep no state of the call before, and draw "
                    "none at random",
                )
            )
    other_text, other_weights = _logits(field(result, "others"), 2, rows)
    moves("logits", first, other_text, Text("第一个字符", "the first character"))
    moves("logits", first, other_weights, Text("权重", "the weights"))


def state_counts_while_training(lab: Runner, case: cases.Case) -> None:
    """In training mode a state that is given counts as in evaluation mode.

    Where logits differ between the modes without a state, as by a dropout of the student's own,
    the difference is none of the state's.
    """
    rows = (len(case["x"]), _vocab(case))
    result = lab.in_both_modes(weights=case["weights"], x=case["x"], state=case["state"])
    fresh, started = _logits(field(result, "training"), 2, rows)
    right_fresh, right_started = _logits(field(result, "evaluation"), 2, rows)
    if is_close(fresh, right_fresh) and not is_close(started, right_started):
        raise Failed(
            Text(
                "训练模式下给定 hidden 时，logits 与评估模式下不同；不论哪种模式，"
                "都要从给出的 hidden 开始",
                "with hidden given, the logits in training mode are others than in evaluation "
                "mode; forward starts from the hidden that it is given in either mode",
            )
        )


def _logits(found: Any, count: int, shape: tuple[int, ...]) -> list[np.ndarray]:
    """`count` arrays of logits."""
    if _length(found) != count:
        raise Failed(Text("logits 的个数不对", "the number of logits is wrong"))
    return [array("logits", item, shape).astype(np.float64) for item in found]


def forward_learns(lab: Runner, case: cases.Case, rng: np.random.Generator) -> None:
    """Backward gives the slopes of the student's own forward, which each parameter moves."""
    weights, rows, count = case["weights"], (len(case["x"]), _vocab(case)), 4
    directions = []
    for _ in range(count):
        found = {name: rng.normal(0, 1, w.shape) for name, w in weights.items()}
        directions.append({n: (d / np.linalg.norm(d)).astype(np.float32) for n, d in found.items()})
    loss_weight, step = rng.normal(0, 1, rows), 1e-2
    given = {"weights": weights, "x": case["x"], "directions": directions, "step": step}
    result = lab.slopes(**given, loss_weight=loss_weight)
    by_autograd = array("slopes", field(result, "autograd"), (len(weights), count))
    moved = array("logits", field(result, "moved"), (len(weights), count, 2, *rows))
    flat = moved.astype(np.float64).reshape(-1, 2, *rows)
    spans = np.abs(flat[:, 1] - flat[:, 0]).reshape(len(weights), -1).max(axis=1)
    for name, span in zip(weights, spans):
        if span <= STILL * spans.max():
            raise Failed(
                Text(
                    f"改变参数 {name}，logits 却不变；forward 应用到模型的每个参数",
                    f"the logits stay the same when the parameter {name} changes; forward should "
                    "use each parameter of the model",
                )
            )
    by_moving = central_differences(flat, loss_weight, step).reshape(len(weights), count)
    for name, got, wanted in zip(weights, by_autograd, by_moving):
        scale = np.abs(by_moving).max(), np.abs(wanted).max()
        if np.abs(got - wanted).max() > max(SLOPE_TOLERANCE * scale[1], 1e-2 * scale[0]):
            raise Failed(
                Text(
                    f"参数 {name} 的梯度与 forward 的数值差分不符；检查中途有没有截断计算图"
                    "（detach、.data 或 no_grad）",
                    f"the gradient of the parameter {name} is not the slope of forward; see that "
                    "nothing cuts the graph on the way (detach, .data or no_grad)",
                )
            )


def forward_learns_far(lab: Runner, case: cases.Case) -> None:
    """Backward gives the slopes of the logits by the first characters of a long text.

    Where a wrong forward does not read them, its own checks say so.
    """
    result, count = lab.slopes(**case), len(case["directions"])
    rows, names = case["loss_weight"].shape, list(case["weights"])
    autograd = array("slopes", field(result, "autograd"), (len(names), count))
    moved = array("logits", field(result, "moved"), (len(names), count, 2, *rows))
    at = names.index("embed.weight")
    by_moving = central_differences(moved[at].astype(np.float64), case["loss_weight"], case["step"])
    scale = np.abs(by_moving).max()
    if scale >= FAR and np.abs(autograd[at] - by_moving).max() > FAR_TOLERANCE * scale:
        raise Failed(
            Text(
                "文本很长时，logits 对开头几个字符的词嵌入的梯度不对；检查中途有没有截断"
                "计算图（detach、.data 或 no_grad）",
                "over a long text the gradient by the embeddings of the first characters is wrong; "
                "see that nothing cuts the graph on the way (detach, .data or no_grad)",
            )
        )


# ---------------------------------------------------------------- train


def losses_agree(lab: Runner, case: cases.Case, expected: Answer, *, reveal: bool = False) -> None:
    """``train`` returns the mean loss of each epoch."""

    def measure(stand_in: bool) -> None:
        result = _record(lab, case, clip=1e6, epochs=2, stand_in=stand_in)
        losses = _losses(field(result, "losses"), 2)
        right = [expected[_model(stand_in)][way]["losses"] for way in WAYS]
        if not any(is_close(losses, value) for value in right):
            close("losses", losses, right[0], reveal=reveal)

    either(measure)


def gradients_agree(lab: Runner, case: cases.Case, expected: Answer) -> None:
    """The gradients of each step are those of its own batch.

    One factor for each step is free: clipping has a check of its own.
    """

    def measure(stand_in: bool) -> None:
        result = _record(lab, case, clip=1e6, epochs=2, stand_in=stand_in)
        steps = _steps(result, case, 2)
        ways = [expected[_model(stand_in)][way]["grads"] for way in WAYS]
        wrong = [_first_wrong(steps, right, case) for right in ways]
        if all(wrong):
            raise Failed(_not_of_batch(max(step or 0 for step in wrong)))

    either(measure)


def _first_wrong(steps: list[Any], right: Arrays, case: cases.Case) -> int | None:
    """The first step, from 1, whose gradients differ from `right`; None if none does."""
    for k, step in enumerate(steps):
        got = _arrays(field(step, "grads"), case, k)
        if not _parallel(got, {name: value[k] for name, value in right.items()}):
            return k + 1
    return None


def clips(lab: Runner, case: cases.Case, expected: Answer) -> None:
    """At each step of the optimiser the joint norm is at most `clip`, in the old direction.

    `expected` holds a loud case's gradients by the model. A limit far below them must act at each
    step, one above them at none. The student's own gradients are clipped, whatever their loss is.
    """

    def measure(stand_in: bool) -> None:
        right = expected[_model(stand_in)]
        record = partial(_record, lab, case, epochs=1, stand_in=stand_in)
        free = _steps(record(clip=1e6), case, 1)
        own = _before_clipping(lab, case, stand_in, free, right)
        norms = [joint_norm(raw.values()) for raw in own]
        if min(norms) < IDLE * min(_norms(right)):
            raise Failed(_not_of_batch(1 + norms.index(min(norms))))
        # Gradients of another loss are clipped as well; as loud as the right ones, they show it.
        louder = max(1.0, LOUD / min(norms))
        for clip in (0.1 * louder * min(norms), 1.5 * louder * max(norms)):
            steps = _steps(record(clip=clip, loss_scale=louder), case, 1)
            before = _before_clipping(lab, case, stand_in, steps, right, louder)
            for k, step in enumerate(steps):
                _clipped(_arrays(field(step, "grads"), case, k), before[k], clip)
                _weights_kept(field(step, "weights"), case, k)

    either(measure)


def _before_clipping(
    lab: Runner,
    case: cases.Case,
    stand_in: bool,
    steps: list[Any],
    right: Arrays,
    loss_scale: float = 1.0,
) -> list[Arrays]:
    """The gradients of each step, of a loss times `loss_scale`, before anything clips them.

    They are what backward accumulates. A ``train`` that takes them by ``torch.autograd.grad`` or
    ``torch.func`` accumulates nothing: then they are found in a run whose loss is so small that no
    limit acts. The gradients of a run depend on its batches and weights alone.
    """
    found = [field(step, "raw") for step in steps]
    if any(isinstance(raw, dict) and raw for raw in found):
        return [_arrays(raw, case, k) for k, raw in enumerate(found)]
    quiet = _steps(_record(lab, case, 1e6, 1, stand_in, loss_scale=QUIET), case, 1)
    grads = [_arrays(field(step, "grads"), case, k) for k, step in enumerate(quiet)]
    first = {name: value[0] for name, value in right.items()}
    ratio = joint_norm(grads[0].values()) / joint_norm(first.values())
    unscaled = ratio > math.sqrt(QUIET)  # a loss of the student's own in place of `criterion`
    grads = [{n: g / (1.0 if unscaled else QUIET) for n, g in step.items()} for step in grads]
    if not all(is_close(grads[0][name], value) for name, value in first.items()):
        raise Failed(_not_of_batch(1))
    scale = 1.0 if unscaled else loss_scale
    return [{n: scale * g for n, g in step.items()} for step in grads]


def loud_case(reference: Runner, rng: np.random.Generator) -> tuple[cases.Case, dict[str, Arrays]]:
    """A case of large gradients, and these: model -> name -> array with the steps as first axis."""
    case = char_training_case(rng)
    inputs = {name: case[name] for name in ("weights", "x", "y", "scales")}
    while True:
        found = {
            _model(stand_in): reference.right_steps(**inputs, epochs=1, stand_in=stand_in)["fresh"][
                "grads"
            ]
            for stand_in in (False, True)
        }
        if all(max(_norms(grads)) > LOUD for grads in found.values()):
            return case, found
        case["weights"]["fc.weight"] *= 2


def _norms(grads: Arrays) -> list[float]:
    """The joint norm of each step's gradients."""
    steps = len(next(iter(grads.values())))
    return [joint_norm(g[k] for g in grads.values()) for k in range(steps)]


def _parallel(got: Arrays, right: Arrays) -> bool:
    """Whether `got` equals `right` up to one positive factor."""
    norm = joint_norm(got.values())
    factor = joint_norm(right.values()) / norm if norm else 0.0
    return all(is_close(factor * got[name], value) for name, value in right.items())


def _not_of_batch(step: int) -> Text:
    # At the first step there is nothing to zero and no state to carry on.
    first = Text(
        "第一步就不对：次序应是清零、backward、裁剪、step，"
        "传给 model 和 criterion 的应是原样的 x、logits、y",
        "the very first step is wrong: the order is zero_grad, backward, clip, step, and model "
        "and criterion receive x, the logits and y as they are",
    )
    later = Text(
        "请每步先清零梯度，沿用的 hidden 要 detach",
        "zero them at each step, and detach a hidden state that is carried on",
    )
    zh, en = first if step == 1 else later
    return Text(
        f"第 {step} 次更新时的梯度不是这一批数据的损失的梯度；{zh}",
        f"the gradients at step {step} are not those of its batch's loss; {en}",
    )


def _clipped(got: Arrays, raw: Arrays, clip: float) -> None:
    """`got` is `raw`, scaled by one factor if its joint norm exceeds `clip`."""
    norm, before = joint_norm(got.values()), joint_norm(raw.values())
    if before and not norm:
        raise Failed(
            Text(
                "优化器更新时梯度全是零，而 backward 算出的不是零；应在 backward 之前清零",
                "the gradients are zero when the optimiser steps, though backward gave others; "
                "zero them before backward",
            )
        )
    if norm > clip * (1 + compare.REFERENCE_TOLERANCE):
        raise Failed(
            Text(
                f"优化器更新时梯度的联合范数是 {norm:.3g}，超过 clip = {clip:.3g}；"
                "请在 backward 之后、step 之前，按全部参数的联合范数裁剪",
                f"when the optimiser steps the joint norm is {norm:.3g}, above clip = {clip:.3g};"
                " clip between backward and step, by the joint norm of all parameters",
            )
        )
    factor = min(1.0, clip / before) if before else 1.0
    if all(is_close(got[name], factor * value) for name, value in raw.items()):
        return
    if before <= clip:
        raise Failed(
            Text(
                f"梯度的联合范数 {before:.3g} 没有超过 clip = {clip:.3g}，却被改动了；"
                "只在超过时裁剪",
                f"the joint norm {before:.3g} is not above clip = {clip:.3g}, yet the gradients "
                "were changed; clip only above it",
            )
        )
    if norm and _parallel(got, raw):
        raise Failed(
            Text(
                f"优化器更新时梯度的联合范数是 {norm:.3g}，应是 clip = {clip:.3g}；"
                "超过时乘 clip / 联合范数",
                f"when the optimiser steps the joint norm is {norm:.3g}, expected clip = "
                f"{clip:.3g}; above it multiply by clip / norm",
            )
        )
    raise Failed(
        Text(
            "裁剪改变了梯度的方向；所有参数应乘同一个因子 clip / 联合范数，"
            "不按元素、也不逐个参数裁剪",
            "clipping changed the direction of the gradients; multiply all of them by the one "
            "factor clip / norm, neither entry by entry nor tensor by tensor",
        )
    )


def _weights_kept(weights: Any, case: cases.Case, k: int) -> None:
    scale = float(case["scales"][k - 1]) if k else 1.0
    for name, value in case["weights"].items():
        if not is_close(field(weights, name), scale * value):
            raise Failed(
                Text(
                    f"除优化器以外，还有代码改动了权重 {name}；要裁剪的是梯度，不是权重",
                    f"something besides the optimiser changed the weight {name}; what is clipped "
                    "are the gradients, not the weights",
                )
            )


def _record(
    lab: Runner,
    case: cases.Case,
    clip: float,
    epochs: int,
    stand_in: bool,
    loss_scale: float = 1.0,
) -> Any:
    inputs = {name: case[name] for name in ("weights", "x", "y", "scales")}
    return lab.record(**inputs, epochs=epochs, clip=clip, stand_in=stand_in, loss_scale=loss_scale)


def _steps(result: Any, case: cases.Case, epochs: int) -> list[Any]:
    """The steps that the optimiser took: one for each batch."""
    steps, wanted = field(result, "steps"), epochs * len(case["x"])
    if not isinstance(steps, list) or len(steps) != wanted:
        got = len(steps) if isinstance(steps, list) else 0
        raise Failed(
            Text(
                f"{epochs} 轮、每轮 {len(case['x'])} 批，优化器应更新 {wanted} 次，"
                f"实际 {got} 次；每批调用一次 optim.step()",
                f"{epochs} epochs of {len(case['x'])} batches should make {wanted} steps of the "
                f"optimiser, not {got}; call optim.step() once for each batch",
            )
        )
    return steps


def _arrays(found: Any, case: cases.Case, k: int) -> Arrays:
    """One finite array for each weight, in float64."""
    if not isinstance(found, dict) or any(found.get(name) is None for name in case["weights"]):
        raise Failed(
            Text(
                f"第 {k + 1} 次更新时有参数没有梯度；更新之前，每个参数的 .grad 里要有这一批的梯度"
                "（例如先 loss.backward()）",
                f"at step {k + 1} some parameter has no gradient; before the step each .grad "
                "should hold the gradient of the batch (call loss.backward() first, say)",
            )
        )
    return {
        name: array(f"grad of {name}", found[name], value.shape).astype(np.float64)
        for name, value in case["weights"].items()
    }


def _losses(returned: Any, epochs: int) -> np.ndarray:
    """The mean losses; further return values after them are allowed."""
    if isinstance(returned, tuple) and returned and _length(returned[0]) == epochs:
        returned = returned[0]
    if not isinstance(returned, (list, tuple, np.ndarray)):
        raise Failed(
            Text(
                f"train 应返回每轮平均损失的列表，实际返回 {type_name(returned)}",
                f"train should return the list of the mean losses, got {type_name(returned)}",
            )
        )
    if _length(returned) != epochs:
        raise Failed(
            Text(
                f"训练 {epochs} 轮，train 应返回 {epochs} 个平均损失，"
                f"实际返回 {_length(returned)} 个",
                f"train should return {epochs} mean losses for {epochs} epochs, got "
                f"{_length(returned)}",
            )
        )
    if isinstance(returned, (list, tuple)):  # a tensor of one entry counts as a number
        returned = [
            v.reshape(()) if isinstance(v, np.ndarray) and v.size == 1 else v for v in returned
        ]
    return array("losses", returned, (epochs,))


def _length(value: Any) -> int:
    """The number of entries of a sequence; 0 if the value is not a sequence."""
    if isinstance(value, np.ndarray):
        return value.shape[0] if value.ndim else 0
    return len(value) if isinstance(value, (list, tuple)) else 0


# ---------------------------------------------------------------- with which model


def _model(stand_in: bool) -> str:
    """The name under which a model's expected values are stored."""
    return "stand_in" if stand_in else "own"


def _vocab(case: cases.Case) -> int:
    return len(case["weights"]["fc.weight"])
