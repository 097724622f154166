"""Checks of part ``scratch_rnn`` for reading, predicting, clipping and learning.

Shapes: N batches, B batch, T time steps, V vocabulary, S state of a mixer.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from kit import cases
from kit.compare import array, arrays, describe, field, is_close
from kit.data import Arrays
from kit.learning import in_the_parameters, learned, of_contract
from kit.numerics import joint_norm
from kit.outcomes import Failed
from kit.runner import Runner
from kit.text import Text

from . import checks_mixer as mixer
from .cases import mixer_weights
from .checks_epoch import one_of

LEAST_COVERED = 0.4
"""The share of the corpus that the batches of one pass must cover.

Pieces of T cut at a random offset cover 80 % or more of the corpora here; as many pieces drawn
with repetition cover 60 %.
"""

LEAD = 0.05
"""The least lead, in a case of ``predict``, of the best score over the next."""

Batches = list[list[tuple[np.ndarray, np.ndarray]]]


# ---------------------------------------------------------------- reading


def corpus_of(rng: np.random.Generator, length: int) -> list[int]:
    """A corpus of different indices, so that each tells its place."""
    return [int(i) for i in rng.permutation(length)]


def reads_in_order(lab: Runner, rng: np.random.Generator, length: int, B: int, T: int) -> None:
    """Row b of each batch continues row b of the one before."""
    corpus, epochs = _read(lab, "seq_data_iter_sequential", rng, length, B, T)
    for batches in epochs:
        places = places_of(batches, corpus)
        for before, after in zip(places, places[1:]):
            if (after[:, 0] != before[:, -1] + 1).any():
                raise Failed(
                    Text(
                        "顺序分区时，后一批的第 b 行应接着前一批的第 b 行",
                        "with sequential partitioning row b of a batch continues row b of the "
                        "batch before",
                    )
                )
        _covers(places, length, "seq_data_iter_sequential")
        if read_twice(places):
            raise Failed(
                Text(
                    "同一个词元在一轮里读到了两次；各片段不应重叠",
                    "a token is read twice in one pass; pieces should not overlap",
                )
            )


def reads_at_random(lab: Runner, rng: np.random.Generator, length: int, B: int, T: int) -> None:
    """The pieces come in a random order, which is drawn again for each pass."""
    corpus, epochs = _read(lab, "seq_data_iter_random", rng, length, B, T)
    orders = []
    for batches in epochs:
        places = places_of(batches, corpus)
        _covers(places, length, "seq_data_iter_random")
        first = np.array([p[:, 0] for p in places])  # (N, B)
        if any(_follows_a_rule(order) for order in (first.ravel(), first.T.ravel())):
            raise Failed(
                Text(
                    "片段没有打乱：随机采样要求片段的顺序是随机的，只换起点、换步长还不够",
                    "the pieces are not shuffled: with random sampling they come in random order; "
                    "another start or another stride is not enough",
                )
            )
        orders.append(first.ravel())
    if any(_neighbours_stay(a, b) for a, b in itertools.combinations(orders, 2)):
        raise Failed(
            Text(
                "每一轮的顺序都一样，或只换了起点；每次调用都要重新打乱",
                "the order is the same in every pass, or only starts elsewhere; shuffle again at "
                "each call",
            )
        )


ALIKE = 16
"""So many neighbours of a random order that lie equally far apart, or that are neighbours in
another one, too, are no chance.

For one distance the chance is at most 1/16! = 5e-14, and n pieces have fewer than 2n distances.
An order that follows a rule has n - 2 or more such neighbours, and no corpus here has n below 24.
"""


def _follows_a_rule(order: np.ndarray) -> bool:
    """Whether many pieces follow the one before at the same distance, as in a turned order."""
    _, counts = np.unique(np.diff(order), return_counts=True)
    return bool(counts.max(initial=0) >= ALIKE)


def _neighbours_stay(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether many pairs of neighbours are the same in two passes, wherever these begin."""
    pairs = []
    for order in (one, other):
        ranks = np.argsort(np.argsort(order)).tolist()  # the offset moves all pieces
        pairs.append(set(zip(ranks, ranks[1:])))
    return len(pairs[0] & pairs[1]) >= ALIKE


def reads_to_the_end(lab: Runner, rng: np.random.Generator, name: str) -> None:
    """No batch is lost, whatever the offset: only what does not fill a batch is dropped.

    Each length is met with both offsets; one that shows a loss in one pass of two is missed with a
    chance of 2^-16, since every sixth length shows it.
    """
    B, T = 3, 2
    possible = in_order_counts if name == "seq_data_iter_sequential" else at_random_counts
    for length in range(20, 32):
        corpus, epochs = _read(lab, name, rng, length, B, T, epochs=8)
        for batches in epochs:
            wanted = min(possible(places_of(batches, corpus), length))
            if len(batches) < wanted:  # pieces that overlap make more
                raise Failed(
                    Text(
                        f"{name}：没有读完能凑满一批的部分：这一轮应有 {wanted} 批，实际 "
                        f"{len(batches)} 批（词元 {length} 个，B = {B}，T = {T}）；"
                        "只舍去不足一批的零头",
                        f"{name} does not read all that fills a batch: {wanted} batches are wanted "
                        f"in this pass, got {len(batches)} (tokens {length}, B = {B}, T = {T}); "
                        "drop only what does not fill a batch",
                    )
                )


def at_random_counts(places: list[np.ndarray], length: int) -> set[int]:
    """How many batches pieces of T tokens make, by the place where the first of them is cut."""
    B, T = places[0].shape
    offset = int(min(p.min() for p in places)) % T
    # A whole piece may have been dropped at the start, too.
    offsets = (offset, T) if offset == 0 else (offset,)
    return {(length - o - 1) // T // B for o in offsets}


def in_order_counts(places: list[np.ndarray], length: int) -> set[int]:
    """How many batches B rows make, by the place of the first and the distance of the rows."""
    B, T = places[0].shape
    offset, apart = int(places[0][0, 0]), int(places[0][1, 0] - places[0][0, 0])
    found = {(length - offset - 1) // B // T}
    if apart == (length - offset) // B:  # rows whose last token is only a target
        found.add((apart - 1) // T)
    return found


def starts_anywhere(lab: Runner, rng: np.random.Generator, name: str) -> None:
    """The number of tokens that are dropped at the start is drawn again in each pass.

    Nine passes with T = 40 all start alike with a chance of 40^-8 = 2e-13.
    """
    T = 40
    corpus, epochs = _read(lab, name, rng, 330, 2, T, epochs=9)
    starts = {int(places_of(batches, corpus)[0][0, 0]) % T for batches in epochs}
    if name == "seq_data_iter_sequential":
        starts = {int(places_of(batches, corpus)[0].min()) for batches in epochs}
    if len(starts) == 1:
        raise Failed(
            Text(
                f"{name} 每一轮都从同一个位置切起；应先随机去掉开头的几个词元（少于 T 个）",
                f"{name} cuts the corpus at the same places in each pass; first drop a random "
                "number of tokens, fewer than T",
            )
        )


def _read(
    lab: Runner,
    name: str,
    rng: np.random.Generator,
    length: int,
    B: int,
    T: int,
    epochs: int = 3,
) -> tuple[list[int], Batches]:
    """A corpus, and some passes over it: lists of pairs X, Y of integer arrays (B, T)."""
    corpus = corpus_of(rng, length)
    result = lab.batches(
        name=name,
        corpus=corpus,
        batch_size=B,
        num_steps=T,
        epochs=epochs,
        rng_seed=int(rng.integers(0, 2**31)),
    )
    passes = field(result, "epochs")
    if not isinstance(passes, list) or len(passes) != epochs:
        raise Failed(
            Text(
                "各轮的批次无法读取：检查 yield 的内容",
                "the batches of the passes cannot be read: check what is yielded",
            )
        )
    return corpus, [[_pair(name, batch, (B, T)) for batch in _some(name, e)] for e in passes]


def _some(name: str, batches: Any) -> list[Any]:
    if not isinstance(batches, list) or not batches:
        raise Failed(
            Text(
                f"{name} 一批也没有产出：检查循环的范围",
                f"{name} gives no batch at all: check the range of its loop",
            )
        )
    if len(batches) >= 400:
        raise Failed(
            Text(
                f"{name} 一直在产出批次；读完一遍就应结束",
                f"{name} goes on giving batches; it should end after one pass",
            )
        )
    return batches


def _pair(name: str, batch: Any, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    X = array("X", field(batch, "X"), shape, kinds="iu")
    Y = array("Y", field(batch, "Y"), shape, kinds="iu")
    if field(batch, "tensors") is not True or X.dtype != np.int64 or Y.dtype != np.int64:
        raise Failed(
            Text(
                f"{name} 的 X 和 Y 应是 int64（long）张量，实际是 {X.dtype} 和 {Y.dtype}",
                f"X and Y of {name} should be long tensors (int64), got {X.dtype} and {Y.dtype}",
            )
        )
    return X, Y


def read_twice(places: list[np.ndarray]) -> bool:
    """Whether a token of the corpus is in two of the pieces."""
    used = np.concatenate([p.ravel() for p in places])
    return len(np.unique(used)) < len(used)


def places_of(batches: list[tuple[np.ndarray, np.ndarray]], corpus: list[int]) -> list[np.ndarray]:
    """The place in the corpus of each token of each X, (B, T); Y must be one place further."""
    place = np.full(max(corpus) + 1, -10)
    place[corpus] = np.arange(len(corpus))
    found = []
    for X, Y in batches:
        if min(X.min(), Y.min()) < 0 or max(X.max(), Y.max()) >= len(place):
            raise Failed(
                Text(
                    "X 或 Y 里有语料中没有的词元；应只取自 corpus",
                    "X or Y holds a token that is not in the corpus; take them from corpus",
                )
            )
        at, target = place[X], place[Y]
        if (np.diff(at, axis=1) != 1).any():
            raise Failed(
                Text(
                    "X 的每一行应是语料中连续的 T 个词元",
                    "each row of X should be T tokens of the corpus in a row",
                )
            )
        if (target != at + 1).any():
            raise Failed(
                Text(
                    "Y[b,t] 应是 X[b,t] 的下一个词元",
                    "Y[b,t] should be the token after X[b,t]",
                )
            )
        found.append(at)
    return found


def _covers(places: list[np.ndarray], length: int, name: str) -> None:
    share = len(np.unique(np.concatenate([p.ravel() for p in places]))) / length
    if share < LEAST_COVERED:
        raise Failed(
            Text(
                f"{name} 一轮只读到语料的 {share:.0%}；应读完整个语料，最多舍去首尾的零头",
                f"{name} reads only {share:.0%} of the corpus in one pass; read all of it but "
                "the odd pieces at its ends",
            )
        )


# ---------------------------------------------------------------- predicting


def prediction_case(
    rng: np.random.Generator,
    prefix: int,
    count: int,
    ways: tuple[str, ...] = mixer.MISTAKES,
    loud: float = 1.0,
    stops: str = "",
    hides: tuple[str, ...] = (),
) -> dict[str, Any]:
    """A mixer and a prefix that show the mistakes `ways`, and where no prediction is close.

    They show none of `hides`, so that these cost the same under each secret. The first character is
    `loud`: it moves the state by so many times what another one does. The first predictions are
    `stops`, at which a wrong prediction may end.
    """
    characters = cases.CHARACTERS
    while True:
        weights = mixer_weights(rng, V=len(characters), S=6, scale=1.0)
        start = [int(i) for i in rng.integers(0, len(characters), prefix)]
        weights["E"][start[0]] *= np.float32(loud)
        right, lead = mixer.likeliest(weights, start, count)
        tells = lead > LEAD and len(set(right)) >= min(3, count)
        # With a prefix of one character there is nothing to warm up.
        wrong = (way for way in ways if prefix > 1 or way != "cold")
        tells = tells and all(_predicted(weights, start, count, w) != right for w in wrong)
        if tells and all(_predicted(weights, start, count, w) == right for w in hides):
            names = list(characters)
            for k, stop in zip(dict.fromkeys(right[:-2]), stops):
                names[k] = stop
            characters = "".join(names)
            return {
                "weights": weights,
                "characters": characters,
                "prefix": "".join(characters[i] for i in start),
                "right": "".join(characters[i] for i in right),
            }


def _predicted(weights: Arrays, start: list[int], count: int, way: str) -> list[int]:
    return mixer.likeliest(weights, start, count, way)[0]


def predicts(lab: Runner, case: dict[str, Any]) -> None:
    """The text is the prefix and the likeliest characters after it."""
    given = {name: case[name] for name in ("weights", "characters", "prefix")}
    text = field(lab.predict(**given, num_preds=len(case["right"])), "text")
    wanted = case["prefix"] + case["right"]
    if text == wanted:
        return
    if not isinstance(text, str):
        problem = Text(
            f"应返回字符串，实际返回 {describe(text, 'zh')}",
            f"a string is wanted, got {describe(text)}",
        )
    elif len(text) != len(wanted):
        problem = Text(
            f"应有 {len(case['prefix'])} + {len(case['right'])} 个字符，实际有 {len(text)} 个",
            f"{len(case['prefix'])} + {len(case['right'])} characters are wanted, got {len(text)}",
        )
    elif not text.startswith(case["prefix"]):
        problem = Text("应以 prefix 开头", "the text should start with the prefix")
    else:
        problem = Text(
            "预测的字符不对：从零状态起逐个读完 prefix（只为预热），"
            "再每次取 logit 最大的字符，并把状态往下传",
            "the predicted characters are wrong: read the prefix from a zero state (to warm it "
            "up), then take the likeliest character each time and carry the state on",
        )
    raise Failed(Text("predict：", "predict:") + problem)


# ---------------------------------------------------------------- clipping


def clips(lab: Runner, grads: list[np.ndarray], theta: float, kinds: tuple[str, ...]) -> None:
    """All gradients are scaled by one factor, so that their joint norm is at most theta.

    The clipping must work with one of `kinds`, for example with the student's own network.
    """
    norm = joint_norm(grads)
    factor = min(1.0, theta / norm)

    def measure(kind: str) -> None:
        found = field(lab.clip(grads=grads, theta=theta, kind=kind), "grads")
        if not isinstance(found, list) or len(found) != len(grads):
            raise Failed(
                Text(
                    "裁剪之后没有可读的梯度：请原地修改 param.grad",
                    "no readable gradients after clipping: change param.grad in place",
                )
            )
        got = [array("grad", g, w.shape).astype(np.float64) for g, w in zip(found, grads)]
        if all(is_close(g, factor * w) for g, w in zip(got, grads)):
            return
        after = joint_norm(got)
        if after > theta * (1 + 1e-4):
            raise Failed(
                Text(
                    f"裁剪后梯度的联合范数是 {after:.3g}，应不超过 theta = {theta:.3g}"
                    "（范数要对全部参数一起求，并原地修改 param.grad）",
                    f"the joint norm after clipping is {after:.3g}, above theta = {theta:.3g} "
                    "(take the norm over all parameters, and change param.grad itself)",
                )
            )
        if norm <= theta:
            raise Failed(
                Text(
                    f"联合范数 {norm:.3g} 没有超过 theta = {theta:.3g}，梯度却被改动了",
                    f"the joint norm {norm:.3g} is not above theta = {theta:.3g}, yet the "
                    "gradients were changed",
                )
            )
        raise Failed(
            Text(
                f"裁剪后的联合范数是 {after:.3g}；所有梯度应乘同一个因子 theta / 联合范数，"
                f"使范数成为 {theta:.3g}，方向不变",
                f"the joint norm after clipping is {after:.3g}; all gradients are to be multiplied "
                f"by the one factor theta / norm, which gives {theta:.3g} and keeps the direction",
            )
        )

    one_of([partial(measure, kind) for kind in kinds])


# ---------------------------------------------------------------- learning


def learns(lab: Runner, case: cases.Case, predictor: Runner | None = None) -> None:
    """The student's network and ``train_epoch`` together: the held-out loss is low.

    Everything learned must be in the parameters: a process that has not seen the training makes
    the predictions, and in grading the solution, the `predictor`, makes the same.
    """
    truth, contexts = case["truth"], case["contexts"]
    params = arrays("train_epoch", field(lab.learn(**case["inputs"]), "params"))
    lab.forget()
    result = lab.recall(params=params, contexts=contexts)
    scores = array("net(...)", field(result, "scores"), truth.shape)
    learned(
        scores,
        truth,
        Text(
            "用你的网络和 train_epoch 训练之后", "after training with your network and train_epoch"
        ),
    )
    if predictor is not None:
        right = _predictions(predictor, params, case["inputs"]["params"], contexts)
        in_the_parameters(scores, right, truth)


def _predictions(
    predictor: Runner, params: Arrays, wanted: Arrays, contexts: np.ndarray
) -> Iterator[np.ndarray]:
    """The solution's scores (N, V)."""
    found = of_contract(params, wanted)
    yield field(predictor.recall(params=found, contexts=contexts), "scores")
