"""Checks of part ``sequence`` for decoding, batching, losses and metrics.

Shapes: N sequences, B batch, T time steps, V vocabulary, H features.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kit import kept_arrays
from kit.cases import Case
from kit.compare import array, close, describe, field, number
from kit.data import Answer
from kit.numerics import binomial_range
from kit.outcomes import Failed
from kit.runner import Runner
from kit.text import Text

from . import cases as inputs

# ---------------------------------------------------------------- greedy


def is_greedy(lab: Runner, case: Case) -> None:
    """The answer is the index of the largest entry of each row."""
    found = field(lab.greedy(logits=case["logits"]), "indices")
    for row, (got, wanted) in enumerate(zip(_rows("greedy", found, len(case["logits"])),
                                            case["indices"].tolist())):  # fmt: skip
        if (index := _index("greedy(logits)", got, case["logits"].shape[1])) != wanted:
            shown = np.array2string(case["logits"][row], precision=2)
            raise Failed(
                Text(
                    f"greedy({shown}) 应是最大值的下标 {wanted}，实际返回 {index}",
                    f"greedy({shown}) should be {wanted}, the index of the largest, got {index}",
                )
            )


# ---------------------------------------------------------------- batches


def pads(lab: Runner, case: Case, *, reveal: bool = False) -> None:
    """The padded array and the mask are right."""
    result = lab.pad(**case["inputs"])
    wanted = case["padded"]
    padded = array("padded", field(result, "padded"), wanted.shape)
    if not np.array_equal(padded, wanted):
        n, t = (int(i) for i in np.argwhere(padded != wanted)[0])
        right = f" {wanted[n, t]}" if reveal else ""
        raise Failed(
            Text(
                f"padded[{n}, {t}] 是 {padded[n, t]:g}，"
                + (f"应为{right}" if reveal else "数值不对")
                + "；"
                "在后面补 pad_value，超过 max_len 的只留前面的",
                f"padded[{n}, {t}] is {padded[n, t]:g}, "
                + (f"expected{right}" if reveal else "which is wrong")
                + "; pad "
                "behind with pad_value, and keep the first max_len tokens",
            )
        )
    mask = _mask(field(result, "mask"), wanted.shape)
    if not np.array_equal(mask, case["mask"]):
        n, t = (int(i) for i in np.argwhere(mask != case["mask"])[0])
        raise Failed(
            Text(
                f"mask[{n}, {t}] 不对：在真实词元处应为 True，在补齐处应为 False"
                "（真实词元也可能等于 pad_value）",
                f"mask[{n}, {t}] is wrong: true on real tokens, false on padding (a real token "
                "may equal pad_value)",
            )
        )


def _mask(value: Any, shape: tuple[int, ...]) -> np.ndarray:
    """A mask of bools, or of zeros and ones."""
    if isinstance(value, (list, tuple)):
        try:
            value = np.asarray(value)
        except ValueError:
            value = None
    if isinstance(value, np.ndarray) and value.dtype.kind == "b":
        value = value.astype(np.int64)
    found = array("mask", value, shape)
    if not np.isin(found, (0, 1)).all():
        raise Failed(Text("mask 里应只有 True 和 False", "mask should hold true and false only"))
    return found.astype(bool)


def buckets_cover(lab: Runner, lengths: list[int], batch_size: int) -> None:
    """There are ceil(N / batch_size) batches; each index occurs once, and no batch is too long."""
    _batches(lab, lengths, batch_size)


def buckets_save_padding(lab: Runner, lengths: list[int], batch_size: int) -> None:
    """The padding is at most that of the sorted order, cut into batches from its worse end."""

    def padding(batches: list[list[int]]) -> int:
        rows = [[lengths[i] for i in batch] for batch in batches]
        return sum(len(row) * max(row) - sum(row) for row in rows)

    def cut(order: list[int]) -> list[list[int]]:
        count = -(-len(order) // batch_size)
        return [order[i * batch_size : (i + 1) * batch_size] for i in range(count)]

    got = padding(_batches(lab, lengths, batch_size))
    ranked = sorted(range(len(lengths)), key=lengths.__getitem__)
    allowed = max(padding(cut(ranked)), padding(cut(ranked[::-1])))
    if got > allowed:
        raise Failed(
            Text(
                f"{len(lengths)} 个序列、每批 {batch_size} 个，一共要补 {got} 个位置；"
                f"长度相近的放在同一批，最多只需补 {allowed} 个",
                f"{len(lengths)} sequences in batches of {batch_size} take {got} places of "
                f"padding in all; with similar lengths in a batch at most {allowed} are needed",
            )
        )


def _batches(lab: Runner, lengths: list[int], batch_size: int) -> list[list[int]]:
    found = field(lab.buckets(lengths=lengths, batch_size=batch_size), "batches")
    if isinstance(found, np.ndarray) and found.ndim == 2:
        found = list(found)
    if not isinstance(found, (list, tuple)):
        raise Failed(
            Text(
                f"bucket_by_length 应返回若干批下标，实际返回 {describe(found, 'zh')}",
                f"bucket_by_length should return batches of indices, got {describe(found)}",
            )
        )
    batches = []
    for batch in found:
        items = batch.tolist() if isinstance(batch, np.ndarray) and batch.ndim == 1 else batch
        if not isinstance(items, (list, tuple)):
            raise Failed(
                Text(
                    f"每一批应是下标的列表，实际是 {describe(batch, 'zh')}",
                    f"each batch should be a list of indices, got {describe(batch)}",
                )
            )
        batches.append([_index("a batch", i, len(lengths)) for i in items])
    N, wanted = len(lengths), -(-len(lengths) // batch_size)
    if len(batches) != wanted or any(not 0 < len(b) <= batch_size for b in batches):
        sizes = [len(b) for b in batches][:20]
        raise Failed(
            Text(
                f"{N} 个序列、每批至多 {batch_size} 个，应分成 {wanted} 批；"
                f"实际的各批大小是 {sizes}",
                f"{N} sequences, at most {batch_size} in a batch, make {wanted} batches; got "
                f"batches of sizes {sizes}",
            )
        )
    if sorted(i for b in batches for i in b) != list(range(N)):
        raise Failed(
            Text(
                f"下标 0..{N - 1} 应各出现一次；有的缺少，有的重复",
                f"each index 0..{N - 1} should be in one batch; some are missing or twice",
            )
        )
    return batches


def forces(lab: Runner, case: Case) -> None:
    """A ratio of 1 gives the targets, 0 the predictions."""
    for ratio, name in ((1.0, "targets"), (0.0, "predictions")):
        result = lab.mix(**case, ratio=ratio, own=1, shared=2)
        got = array("inputs", field(result, "inputs"), case[name].shape)
        if not np.array_equal(got, case[name]):
            raise Failed(
                Text(
                    f"ratio = {ratio:g} 时应原样返回 {name}（每个位置取同一位置的值，不移位）",
                    f"with ratio = {ratio:g} the {name} should come back as they are (each "
                    "entry from its own place, nothing shifted)",
                )
            )


# ---------------------------------------------------------------- losses and metrics


def masked_loss_agrees(lab: Runner, case: Case, expected: Answer, *, reveal: bool = False) -> None:
    """The loss is the mean over real tokens."""
    loss = number("loss", field(lab.cross_entropy(**case), "loss"))
    close("loss", np.asarray(loss), np.asarray(expected["loss"]), reveal=reveal)


def masked_gradient_agrees(
    lab: Runner, case: Case, expected: Answer, *, reveal: bool = False
) -> None:
    """The gradient of the masked loss is right."""
    result = lab.cross_entropy(**case)
    close("dlogits", field(result, "dlogits"), expected["dlogits"], reveal=reveal)


LARGE = 1000.0
"""A logit whose exponential overflows in every precision."""


def large_logits_are_safe(lab: Runner, rng: np.random.Generator) -> None:
    """Probabilities and the masked loss are right for logits of 1000 and -1000."""
    V, first = 7, int(rng.integers(7))
    row = np.where(np.arange(V) == first, LARGE, -LARGE)
    case = {
        "logits": np.broadcast_to(row, (2, 3, V)).copy(),
        "targets": np.where(rng.permutation(6).reshape(2, 3) < 3, first, (first + 1) % V),
        "mask": np.ones((2, 3), dtype=bool),
    }
    try:
        for kind, value in (("temperature", 1.0), ("top_k", 2)):
            probs = field(lab.probabilities(kind=kind, logits=row, value=value), "probs")
            close("probs", probs, np.eye(V)[first], reveal=False)
        # Half of the targets are the likeliest, and cost nothing; the others cost 2000 each.
        loss = number("loss", field(lab.cross_entropy(**case), "loss"))
        close("loss", np.asarray(loss), np.asarray(LARGE), reveal=False)
    except Failed:
        raise Failed(
            Text(
                "logits 为 ±1000 时 exp 会溢出；求 softmax 之前先减去最大的 logit，"
                "损失里直接求 log softmax，结果不变",
                "exp overflows for logits of 1000; subtract the largest logit before softmax, and "
                "take the logarithm of softmax directly in the loss: the results stay the same",
            )
        ) from None


def values_agree(
    lab: Runner, name: str, cases: list[Case], expected: list[float], *, reveal: bool = False
) -> None:
    """``perplexity`` or ``bleu`` is within 1e-6 of the right value."""
    found = _rows(name, field(lab.metric(name=name, cases=cases), "values"), len(cases))
    for case, value, wanted in zip(cases, found, expected):
        got = number(name, value)
        if abs(got - wanted) > 1e-6 * max(1.0, abs(wanted)):
            shown = f"{name}({', '.join(f'{k}={v}' for k, v in case.items())})"[:300]
            on = shown if reveal else name
            right = f" {wanted:.6g}" if reveal else ""
            raise Failed(
                Text(
                    f"{on} 返回 {got:.6g}，" + (f"应为{right}" if right else "数值不对"),
                    f"{on} should be{right or ' another value'}, got {got:.6g}",
                )
            )


def arrays_are_kept(lab: Runner, rng: np.random.Generator) -> None:
    """No function changes arrays or lists that it is given; some function computes with arrays."""
    lstm, gru, bilstm = inputs.lstm_case(rng), inputs.gru_case(rng), inputs.bilstm_case(rng)
    mixture, logits = inputs.mixture_case(rng, 3, 4), rng.normal(0, 1, 7)
    x, H = rng.normal(0, 1, (4, 6)), 6
    masked, ragged = inputs.masked_case(rng), inputs.ragged_case(rng)["inputs"]
    masked["targets"] = rng.integers(1, 7, masked["targets"].shape)  # on padding too
    params = [
        [bilstm[side][name] for name in ("Wx", "Wh", "b")] for side in ("forward", "backward")
    ]
    calls: list[tuple[str, dict[str, Any]]] = [
        ("lstm_step_forward", lstm["inputs"]),
        ("lstm_step_backward", lstm),
        ("gru_step_forward", gru),
        (
            "bilstm_forward",
            {"x": bilstm["x"], "forward_params": params[0], "backward_params": params[1]},
        ),
        ("bucket_by_length", {"lengths": np.array([4, 2, 6, 1, 5]), "batch_size": 2}),
        ("greedy", {"logits": logits}),
        ("temperature_probs", {"logits": logits, "temperature": 0.7}),
        ("temperature_sample", {"logits": logits, "temperature": 0.7}),
        ("top_k_probs", {"logits": logits, "k": 3}),
        ("top_k_sample", {"logits": logits, "k": 3}),
        ("masked_cross_entropy", masked),
        ("teacher_forcing_inputs", mixture | {"ratio": 0.5}),
        ("perplexity", {"log_probs": -rng.random(5)}),
        ("dropout_forward", {"x": x, "p": 0.5, "training": True}),
        ("dropout_forward", {"x": x, "p": 0.5, "training": False}),
        ("layer_norm", {"x": x, "gamma": rng.normal(1, 0.1, H), "beta": rng.normal(0, 0.1, H)}),
        ("pad_sequences", {k: v for k, v in ragged.items() if v is not None}),
        ("pad_sequences", ragged | {"max_len": 4}),
        ("bucket_by_length", {"lengths": [4, 2, 6, 1, 5], "batch_size": 2}),
        ("bleu", inputs.unordered_case(rng)),
    ]
    kept_arrays.stay(lab, calls, rng, Text("数组或列表", "an array or a list"))


def layer_norm_agrees(
    lab: Runner, case: Case, expected: Answer, eps: float | None = None, *, reveal: bool = False
) -> None:
    """The normalised array equals the reference's."""
    result = lab.normalise(**case, eps=eps)
    close("layer_norm(x)", field(result, "out"), expected["out"], reveal=reveal)


# ---------------------------------------------------------------- dropout


def dropout_rests(lab: Runner, x: np.ndarray, p: float) -> None:
    """The array is unchanged when not training."""
    result = lab.drop(x=x, p=p, training=False, own=1, shared=2)
    close("out", field(result, "out"), x, reveal=True)


def dropout_scales(lab: Runner, x: np.ndarray, p: float) -> None:
    """Every entry is zero or x / (1 - p), and the mask says which."""
    result = lab.drop(x=x, p=p, training=True, own=1, shared=2)
    out = array("out", field(result, "out"), x.shape)
    kept = out != 0
    if not kept.any() or kept.all():
        raise Failed(
            Text(
                f"训练时 p = {p:g}，{x.size} 个元素中应有一部分被置零，实际全部"
                + ("保留" if kept.any() else "置零"),
                f"while training with p = {p:g} some of {x.size} entries should be dropped, got "
                + ("none" if kept.any() else "all of them"),
            )
        )
    close("out[out != 0]", out[kept], (x / (1 - p))[kept], reveal=True)
    mask = field(result, "mask")
    if isinstance(mask, np.ndarray) and mask.dtype.kind == "b":
        mask = mask.astype(np.int64)
    told = array("mask", mask, x.shape) != 0
    if not np.array_equal(told, kept) and not np.array_equal(told, ~kept):
        raise Failed(
            Text(
                "mask 与 out 不一致：被置零的元素在 mask 里也应看得出来",
                "the mask does not agree with out: it should tell which entries were dropped",
            )
        )


def share_in_range(count: int, n: int, p: float, what: Text) -> None:
    """`count` heads in `n` tosses of chance `p` are plausible."""
    low, high = binomial_range(n, p)
    if not low <= count <= high:
        raise Failed(
            Text(
                f"{n} 个位置中有 {count} 个{what.zh}，按概率 {p:g} 应在 {low} 到 {high} 之间",
                f"{count} of {n} entries {what.en}, expected {low} to {high} at a chance of {p:g}",
            )
        )


# ---------------------------------------------------------------- small things


def _rows(what: str, value: Any, count: int) -> list[Any]:
    """A probe's list of `count` values; :class:`Failed` for a forged answer."""
    if not isinstance(value, list) or len(value) != count:
        raise Failed(
            Text(
                f"{what} 没有返回可用的结果：检查 return",
                f"{what} returned nothing usable: check its return",
            )
        )
    return value


def _index(what: str, value: Any, size: int) -> int:
    """`value` as an index below `size`."""
    index = number(what, value)
    if index != int(index) or not 0 <= index < size:
        raise Failed(
            Text(
                f"{what} 应是 0 到 {size - 1} 的下标，实际是 {describe(value, 'zh')}",
                f"{what} should be an index from 0 to {size - 1}, got {describe(value)}",
            )
        )
    return int(index)
