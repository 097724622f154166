"""Checks of the model of part ``poems`` (Lab 5), on what its probes answer.

Scores are compared as log-probabilities, since softmax ignores a constant that is added to all.
Every check takes the name of the model's contract (``lab5`` or ``nndl``), see
``parts.poems.probes_model``. Shapes: B batch, T time steps, V rows, E embedding, H hidden.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from kit import cases
from kit.compare import array, arrays, close, field, is_close
from kit.data import Answer, Arrays
from kit.learning import in_the_parameters, learned, of_contract, start_states
from kit.numerics import central_differences
from kit.outcomes import Failed, Verdict
from kit.runner import Runner
from kit.text import Text

FAR, FAR_TOLERANCE = 3e-4, 0.5
"""The least slope by the first of many characters that says something, and its tolerance."""

SLOPE_TOLERANCE = 5e-2
"""The tolerance of a slope, relative to the largest one of its group.

The error of right float32 code is at most 5e-3 in 400 draws; that of a state detached at every
step is 0.18 or more.
"""

LEAST_CHANGE = 1e-3
"""The least change, in nats, of the last row with the first character.

It is 0.01 or more for the reference in each of 1,500 draws (median 0.4), and zero for a model
that does not remember the first character.
"""

REPEATS = 1e-4
"""The largest difference, in nats, of one float32 model on one input in batches of two sizes."""


# ---------------------------------------------------------------- the layer and its call


def is_two_layer_lstm(lab: Runner, case: cases.Case, expected: Answer) -> None:
    """rnn_lstm has the parameters of an LSTM of two layers, and computes the same."""
    result = lab.lstm(weights=case["weights"], **case["layer"])
    shapes = field(result, "shapes")
    wanted = {
        name: list(w.shape)
        for name, w in case["weights"].items()
        if name.startswith(("weight_", "bias_"))
    }
    if shapes != wanted:
        found = field(result, "kind")
        raise Failed(_not_an_lstm(shapes, wanted, found if isinstance(found, str) else "?"))
    close("rnn_lstm(...)", field(result, "output"), expected["output"])


def has_two_layers(lab: Runner, case: cases.Case) -> bool:
    """Whether rnn_lstm is an LSTM with the parameters of two layers."""
    try:
        result = lab.lstm(weights=case["weights"], **case["layer"])
        return len(field(result, "shapes")) == 8 and field(result, "kind") == "LSTM"
    except Verdict:
        return False


def _not_an_lstm(shapes: Any, wanted: dict[str, list[int]], kind: str) -> Text:
    names = set(shapes) if isinstance(shapes, dict) else set()
    layers = len({str(name).rsplit("_l", 1)[-1] for name in names if "weight_ih" in str(name)})
    if kind != "LSTM":
        return Text(
            f"rnn_lstm 应是 nn.LSTM，实际是 {kind[:40]}",
            f"rnn_lstm should be an nn.LSTM, got {kind[:40]}",
        )
    if names != set(wanted):
        return Text(
            f"rnn_lstm 应有两层、单向、无投影、带偏置；实际有 {layers} 组输入权重",
            "rnn_lstm should have two layers, one direction, no projection, and biases; got "
            f"{layers} sets of input weights",
        )
    name = next(n for n in wanted if shapes[n] != wanted[n])
    return Text(
        f"rnn_lstm 应从 embedding_dim 到 lstm_hidden_dim：{name} 的形状应为 "
        f"{tuple(wanted[name])}，实际是 {shapes[name]}",
        f"rnn_lstm should go from embedding_dim to lstm_hidden_dim: {name} should have shape "
        f"{tuple(wanted[name])}, got {shapes[name]}",
    )


def forward_shapes(lab: Runner, case: cases.Case, contract: str = "lab5") -> None:
    """The scores have shape (B*T, V) and are finite."""
    result = lab.forward(weights=case["weights"], x=case["x"], contract=contract, strict=False)
    _scores(result, case, case["x"])


def forward_agrees(
    lab: Runner, case: cases.Case, expected: Answer, contract: str = "lab5", *, reveal: bool = False
) -> None:
    """The log-probabilities equal the reference's.

    In the nndl contract there may be a ReLU between the scores and the softmax.
    """
    result = lab.forward(weights=case["weights"], x=case["x"], contract=contract)
    got = log_softmax(_scores(result, case, case["x"]))
    right = np.asarray(expected["scores"], dtype=np.float64)
    if contract == "nndl" and is_close(got, log_softmax(np.maximum(right, 0))):
        return
    close("log_softmax(scores)", got, log_softmax(right), reveal=reveal)


def last_row(lab: Runner, case: cases.Case, contract: str = "lab5") -> None:
    """With is_test the call gives the last row of the plain call, as (1, V)."""
    x = case["x"][:1]
    result = lab.last_row(weights=case["weights"], x=x, contract=contract)
    scores = _scores(result, case, x)
    row = array("RNN_model(..., is_test=True)", field(result, "row"), (1, scores.shape[1]))
    _tells(scores)
    if np.abs(log_softmax(row) - log_softmax(scores[-1:])).max() > REPEATS:
        raise Failed(
            Text(
                "is_test=True 时应返回最后一步的 logits，即不带 is_test 时的最后一行",
                "with is_test=True the scores of the last step are wanted: the last row of what "
                "the call gives without it",
            )
        )


def remembers(lab: Runner, drawn: list[cases.Case], contract: str = "lab5") -> None:
    """The first character changes the last row, and the last one changes no earlier row.

    In one case the first character may by chance have little effect; in all of `drawn` it cannot.
    """
    by_first = by_last = 0.0
    for case in drawn:
        sentences = case["sentences"]
        result = lab.changes(weights=case["weights"], sentences=sentences, contract=contract)
        found = field(result, "scores")
        if not isinstance(found, list) or len(found) != len(sentences):
            raise Failed(
                Text(
                    "RNN_model 没有返回可用的 logits：检查 forward 的 return",
                    "RNN_model returned no usable logits: check the return of forward",
                )
            )
        logs = [log_softmax(_scores({"scores": s}, case, sentences[:1])) for s in found]
        plain, first, last = logs
        if np.abs(last[:-1] - plain[:-1]).max() > REPEATS:
            raise Failed(
                Text(
                    "改动最后一个字，前面各步的 logits 也变了：第 t 行只应取决于到第 t 步为止的字，"
                    "每次调用都从零状态开始",
                    "another last character changes earlier rows: row t depends on the characters "
                    "up to step t alone, and each call starts from zero states",
                )
            )
        by_first = max(by_first, np.abs(first[-1] - plain[-1]).max())
        by_last = max(by_last, np.abs(last[-1] - plain[-1]).max())
    if by_last < LEAST_CHANGE:
        raise Failed(
            Text(
                "改动最后一个字，最后一步的 logits 却不变；它应取决于每一个字，包括最后一个",
                "another last character leaves the last row as it was; it depends on every "
                "character, the last one too",
            )
        )
    if by_first < LEAST_CHANGE:
        raise Failed(
            Text(
                "改动第一个字，最后一步的 logits 却不变；状态应把读过的字一直带到最后一步"
                "（检查 batch_first、张量的维度顺序，以及读入了哪些字）",
                "another first character leaves the last row as it was; the state has to carry "
                "what was read to the last step (look at batch_first, at the order of the axes, "
                "and at which characters are read)",
            )
            + (_COLUMN if contract == "nndl" else Text("", ""))
        )


_COLUMN = Text(
    "；本练习每次送入一首诗，形状是 (T, 1)；模型若按 (B, T) 读入，"
    "训练和 gen_poem 也要都按 (B, T) 送入",
    "(the exercise feeds one poem as (T, 1): if the model reads (B, T), training and gen_poem "
    "must both feed (B, T))",
)


def keeps_no_state(
    lab: Runner, case: cases.Case, others: list[np.ndarray], contract: str = "lab5"
) -> None:
    """The same input gives the same scores again, whatever is read in between, in either mode."""
    x = case["x"]
    result = lab.forward_again(weights=case["weights"], x=x, others=others, contract=contract)
    first = _scores({"scores": field(result, "first")}, case, x)
    again = _scores({"scores": field(result, "again")}, case, x)
    between = field(result, "between")
    if not isinstance(between, list) or len(between) != len(others):
        raise Failed(
            Text(
                "RNN_model 没有返回可用的 logits：检查 forward 的 return",
                "RNN_model returned no usable logits: check the return of forward",
            )
        )
    for scores, other in zip(between, others):
        _scores({"scores": scores}, case, other)
    _tells(first)
    in_training = [_scores({"scores": s}, case, x) for s in field(result, "training")[:2]]
    pairs = ((first, again), (in_training[0], in_training[1]))
    if any(np.abs(log_softmax(b) - log_softmax(a)).max() > REPEATS for a, b in pairs):
        raise Failed(
            Text(
                "同样的输入，再次调用的结果却不同：每次 forward 都应从零状态开始，"
                "不要保留上次的状态，也不要用随机的初始状态",
                "the same input gives another result the second time: each call starts from zero "
                "states; keep no state from the call before, and draw none at random",
            )
        )


def _scores(result: Any, case: cases.Case, x: np.ndarray) -> np.ndarray:
    """The scores of a result, (B*T, V), in float64."""
    V = case["weights"]["fc_weight"].shape[0]
    scores = array("RNN_model(...)", field(result, "scores"), (x.size, V))
    return scores.astype(np.float64)


def _tells(scores: np.ndarray) -> None:
    """The scores differ between steps: a model with constant scores is no evidence."""
    logs = log_softmax(scores)
    if np.abs(logs - logs[0]).max() < LEAST_CHANGE:
        raise Failed(
            Text(
                "各步读入的字不同，logits 却都一样；检查 forward 是否用到了输入",
                "the characters differ, but the scores are the same at every step; see that "
                "forward uses them",
            )
        )


def log_softmax(scores: np.ndarray) -> np.ndarray:
    """Log-probabilities along the last axis, in float64."""
    scores = scores.astype(np.float64)
    shifted = scores - scores.max(axis=-1, keepdims=True)
    logs: np.ndarray = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return logs


# ---------------------------------------------------------------- gradients and learning


def gradients_reach(lab: Runner, case: cases.Case, contract: str = "lab5") -> None:
    """Backward gives the slopes of the student's own forward, for each group of weights."""
    result = lab.slopes(**case, contract=contract)
    count, (rows, V) = len(case["directions"]), case["loss_weight"].shape
    autograd = array("slopes", field(result, "autograd"), (3, count)).astype(np.float64)
    moved = array("scores", field(result, "moved"), (3, count, 2, rows, V))
    logs = log_softmax(moved).reshape(3 * count, 2, rows, V)
    slopes = central_differences(logs, case["loss_weight"], case["step"]).reshape(3, count)
    for name, by_autograd, by_moving in zip(("词嵌入", "LSTM", "fc"), autograd, slopes):
        english = {"词嵌入": "the embedding"}.get(name, f"the {name}" if name == "LSTM" else name)
        scale = np.abs(by_moving).max()
        if scale < LEAST_CHANGE:
            raise Failed(
                Text(
                    f"改动 {name} 的权重，损失几乎不变；forward 的 logits 应由它算出",
                    f"other weights of {english} hardly change the loss; forward should compute "
                    "its scores by them",
                )
            )
        if np.abs(by_autograd).max() < 1e-2 * scale:
            raise Failed(
                Text(
                    f"损失的梯度没有传到 {name}；前向里不要用 detach、.data 或 no_grad",
                    f"no gradient reaches {english}; use no detach, .data or no_grad in forward",
                )
            )
        if np.abs(by_autograd - by_moving).max() > SLOPE_TOLERANCE * scale:
            raise Failed(
                Text(
                    f"{name} 的梯度与 forward 的数值差分不符；检查中途有没有截断计算图"
                    "（detach、.data、no_grad、torch.tensor），有没有原地改动或跨调用保留状态",
                    f"the gradient of {english} is not the slope of forward; see that nothing cuts "
                    "the graph on the way (detach, .data, no_grad, torch.tensor), and that no "
                    "state is changed in place or kept between calls",
                )
            )


def gradients_reach_far(lab: Runner, case: cases.Case, contract: str = "lab5") -> None:
    """Backward gives the slopes of the last scores by the first characters of long poems.

    Where a wrong forward does not carry them so far, its own checks say so.
    """
    result = lab.slopes(**case, contract=contract)
    count, (rows, V) = len(case["directions"]), case["loss_weight"].shape
    autograd = array("slopes", field(result, "autograd"), (3, count)).astype(np.float64)[0]
    moved = array("scores", field(result, "moved"), (3, count, 2, rows, V))[0]
    slopes = central_differences(log_softmax(moved), case["loss_weight"], case["step"])
    scale = np.abs(slopes).max()
    if scale >= FAR and np.abs(autograd - slopes).max() > FAR_TOLERANCE * scale:
        T = case["x"].shape[1]
        raise Failed(
            Text(
                f"诗有 {T} 个字时，最后几步的损失对开头几个字的词嵌入的梯度不对；检查中途有没有"
                "截断计算图（detach、.data、no_grad）",
                f"for poems of {T} characters the gradient of the last steps' loss by the "
                "embeddings of the first ones is wrong; see that nothing cuts the graph on the way "
                "(detach, .data, no_grad)",
            )
        )


def learns(
    lab: Runner, case: cases.Case, predictor: Runner | None = None, contract: str = "lab5"
) -> None:
    """The model, trained in the probe's loop, remembers: its held-out loss is low.

    Everything learned must be in the parameters: a process that has not seen the training makes
    the predictions, and in grading the solution, the `predictor`, makes the same.
    """
    truth, contexts, weights = case["truth"], case["contexts"], case["inputs"]["weights"]
    trained = lab.learn(**case["inputs"], contract=contract)
    state = arrays("RNN_model", field(trained, "state"))
    lab.forget()
    result = lab.recall(weights=weights, state=state, contexts=contexts, contract=contract)
    scores = array("RNN_model(...)", field(result, "scores"), truth.shape)
    learned(scores, truth, Text("用你的模型训练之后", "after training your model"))
    if predictor is not None:
        found = _predictions(predictor, trained, weights, contexts)
        if contract == "nndl":  # there may be a ReLU between the scores and the softmax
            found = (way for right in found for way in (right, np.maximum(right, 0)))
        in_the_parameters(scores, found, truth)


def _predictions(
    predictor: Runner, trained: Answer, weights: Arrays, contexts: np.ndarray
) -> Iterator[np.ndarray]:
    """The solution's scores (N, V), from zero states and from each that may be a learned start."""
    found = of_contract(field(trained, "weights"), weights)
    N, T = contexts.shape
    right = predictor.forward(weights=found, x=contexts)["scores"]
    yield np.asarray(right).reshape(N, T, -1)[:, -1]
    pairs = start_states(field(trained, "state"), 2, found["fc_weight"].shape[1])
    next(pairs)  # the zeros
    for pair in pairs:
        h, c = (np.repeat(s[:, None], N, axis=1) for s in pair)
        result = predictor.lstm(weights=found, x=found["embedding"][contexts], h0=h, c0=c)
        yield result["output"][:, -1] @ found["fc_weight"].T + found["fc_bias"]
