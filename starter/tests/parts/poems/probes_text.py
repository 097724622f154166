"""Probes of part ``poems`` except the model: batches, to_word, gen_poem (Lab 5).

``gen_poem`` runs on a model whose right text is known without running it: its first layer
remembers which characters it has read behind G, and its output names the first one in a ranking
that it has not read; when it has read all of them, the first that it has read only once. So each
character depends on the whole text so far, and a generator that forgets any of it, or reads a part
of it twice, gives another text. Scores differ by 30 or more: drawing from the softmax, at any usual
temperature, gives the same text.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from kit.binding import call, in_globals
from kit.data import Answer, Arguments
from kit.lab import Lab
from kit.outcomes import Failed
from kit.plain import type_name
from kit.text import Text

from .probes_model import _embedding, _linear, make, rnn_lstm
from .probes_stand_in import counting_model

EMBEDDING_DIM, HIDDEN_DIM = 100, 128
"""The sizes of the contract's model; a student's gen_poem may use others."""

APART = 30.0
NEVER = -1e6

READ = 200.0
"""What a character loses once it is read, next to the whole ranking.

The second reading moves the state by less than a hundredth of what the first one does. It still
counts for more than the ranking.
"""


def batches(lab: Lab, batch_size: int, poems: list[list[int]]) -> Answer:
    """``generate_batch``: its two lists of batches, as nested lists of integers."""
    function = lab.get("generate_batch")
    spare: Arguments = {"word_to_int": {}}  # an older parameter that has no effect
    try:
        result = call(function, spare=spare, batch_size=batch_size, poems_vec=_copy(poems))
    except TypeError:  # the student's own process_poems may give an array
        result = call(function, spare=spare, batch_size=batch_size, poems_vec=np.array(poems))
    if not isinstance(result, (tuple, list)) or len(result) < 2:
        raise Failed(
            Text(
                f"generate_batch 应返回 x, y，实际返回 {type_name(result)}",
                f"generate_batch should return x, y, got {type_name(result)}",
            )
        )
    return {"x": _lists(result[0]), "y": _lists(result[1])}


def to_word(lab: Lab, predict: np.ndarray, words: str, poem: str, contract: str = "lab5") -> Answer:
    """``to_word`` for scores (V,) or (V + 1,), as an array, or as a tensor if it needs one.

    The words are a dict by index or, in the nndl contract, a tuple.
    """
    function = lab.get("to_word")
    tables: list[Any] = [dict(enumerate(words))]
    if contract == "nndl":
        tables.insert(0, tuple(words))
    for table in tables:
        given: dict[str, Any] = {"predict": predict, "int_to_word": table, "poem": poem}
        try:
            return {"word": call(function, optional=("poem",), **given)}
        except (TypeError, AttributeError):
            continue
    import torch

    given["predict"] = torch.from_numpy(predict)
    return {"word": call(function, optional=("poem",), **given)}


def _copy(poems: list[list[int]]) -> list[list[int]]:
    return [list(poem) for poem in poems]


def _lists(value: Any) -> Any:
    """Nested lists in place of tuples, arrays and tensors."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, (list, tuple)):
        return [_lists(v) for v in value]
    return value


# ---------------------------------------------------------------- gen_poem


def generate(
    lab: Lab, lines: list[str], ranking: str, begin_word: str, by_itself: bool = False
) -> Answer:
    """``gen_poem(begin_word)`` with a file of `lines` and a model that follows `ranking`.

    The model is the student's own ``RNN_model``, its rows in the order of their vocabulary. A
    vocabulary that cannot be used is replaced during the call, so that a wrong ``process_poems``
    costs only its own points. `by_itself`: stand-ins take the places of ``to_word`` and
    ``RNN_model``.
    """
    import torch

    Path("subset_poems.txt").write_bytes(("\n".join(lines) + "\n").encode())
    characters = sorted(set("".join(lines)) | {"G", "E"})
    function = lab.get("gen_poem")
    index_of = _own_vocabulary(lab, characters)
    replaced = {} if index_of else _vocabulary(characters, lines)
    index_of = index_of or {c: i for i, c in enumerate(characters)}
    kind = None
    if by_itself:
        kind = counting_model(list(index_of).index("G"))
        replaced = replaced | {"to_word": _expected_word, "RNN_model": kind}

    seen: list[Any] = []
    with in_globals(function, replaced), watched(torch.nn.Module, seen):
        sizes = place_usual(lab, len(characters) + 1, index_of, ranking, kind=kind)
        _seed()
        try:
            return {"text": call(function, begin_word=begin_word)}
        except Exception:
            if not seen or sizes_of(seen[-1]) == sizes:
                raise
        # The student's generator makes a model of other sizes: run it again with those.
        save(seen[-1], index_of, ranking)
        _seed()
        return {"text": call(function, begin_word=begin_word)}


def _seed() -> None:
    """Seed what a generator may draw from, so that one that draws gives the same text again."""
    import torch

    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)


def _own_vocabulary(lab: Lab, characters: list[str]) -> dict[str, int] | None:
    """The student's character -> index for the file, if a model can be built for it."""
    try:
        result = call(
            lab.get("process_poems", "process_poems1", "process_poems2"),
            file_name="./subset_poems.txt",
        )
        index_of = {c: int(result[1][c]) for c in characters}
        right = all(result[2][i] == c for c, i in index_of.items())
    except Exception:
        return None
    dense = sorted(index_of.values()) == list(range(len(characters)))
    return index_of if right and dense else None


def _vocabulary(characters: list[str], lines: list[str]) -> dict[str, Any]:
    """Functions that give the vocabulary of the case in place of the student's."""
    index_of = {c: i for i, c in enumerate(characters)}

    def process(*_: Any, **__: Any) -> Any:
        vectors = [[index_of[c] for c in f"G{line}E"] for line in lines]
        return vectors, dict(index_of), dict(enumerate(characters))

    return dict.fromkeys(("process_poems", "process_poems1", "process_poems2"), process)


def _expected_word(predict: Any, int_to_word: Any, *_: Any, **__: Any) -> Any:
    """The character of the mean index under the softmax: scores so far apart leave one index."""
    scores = np.asarray(predict, dtype=np.float64).reshape(-1)[: len(int_to_word)]
    chances = np.exp(scores - scores.max())
    return int_to_word[round(float(chances @ np.arange(len(chances)) / chances.sum()))]


@contextmanager
def watched(base: Any, seen: list[Any]) -> Iterator[None]:
    """Record each model that loads weights, and switch its dropout off."""
    original = base.load_state_dict

    def load_state_dict(self: Any, *args: Any, **kwargs: Any) -> Any:
        seen.append(self)
        result = original(self, *args, **kwargs)
        self.eval()
        return result

    base.load_state_dict = load_state_dict
    try:
        yield
    finally:
        base.load_state_dict = original


def place_usual(
    lab: Lab,
    rows: int,
    index_of: dict[str, int],
    ranking: str,
    turned: bool = True,
    kind: Any = None,
) -> dict[str, tuple[int, ...]]:
    """Write the weights of a model of the contract's sizes; returns the sizes.

    The model is the student's, or of the class `kind`.
    If the student's constructor takes other arguments, the file is empty, and the model that
    gen_poem itself makes gives the sizes.
    """
    import torch

    try:
        model = make(lab, rows, EMBEDDING_DIM, HIDDEN_DIM, kind)
    except (TypeError, AttributeError, NameError):
        torch.save({}, "./poem_generator_rnn")
        return {}
    return save(model, index_of, ranking, turned)


def sizes_of(model: Any) -> dict[str, tuple[int, ...]]:
    return {name: tuple(p.shape) for name, p in model.state_dict().items()}


def save(
    model: Any, index_of: dict[str, int], ranking: str, turned: bool = True
) -> dict[str, tuple[int, ...]]:
    """Set the weights of `model` and write ``./poem_generator_rnn``; returns its sizes."""
    import torch

    with torch.no_grad():
        _follow(model, index_of, ranking, turned)
    torch.save(model.state_dict(), "./poem_generator_rnn")
    return sizes_of(model)


# ---------------------------------------------------------------- a model whose text is known


def _follow(model: Any, index_of: dict[str, int], ranking: str, turned: bool) -> None:
    """Set the weights of `model` so that it names the first of `ranking` not yet read.

    If `turned`, it names the last one before ``G`` has been read. It never names the spare row or
    characters that are not in `ranking`.
    """
    import torch

    V = len(index_of)
    rows, dims = _embedding(model).weight.shape
    layer = rnn_lstm(model)
    counts = getattr(layer, "counts_characters", False)
    hidden = layer.hidden_size if counts else layer.weight_hh_l0.shape[1]
    if dims < V or hidden < V:
        raise Failed(
            Text(
                f"gen_poem 的模型太小：embedding_dim 与 lstm_hidden_dim 至少要有 {V}",
                f"the model of gen_poem is too small: embedding_dim and lstm_hidden_dim should "
                f"be {V} or more",
            )
        )
    weight = torch.zeros(rows, dims)
    for unit, index in enumerate(index_of.values()):
        weight[index, unit] = 1  # one-hot: unit k is the k-th character
    _embedding(model).weight.copy_(weight)
    if counts:
        return _rank(_linear(model), index_of, ranking, 1.0, turned)

    for parameter in layer.parameters():
        parameter.zero_()
    read = _remember(layer, V, list(index_of).index("G") if turned else None)
    number = 1
    while hasattr(layer, f"weight_ih_l{number}"):
        read = _pass_on(layer, number, V, read)
        number += 1
    _rank(_linear(model), index_of, ranking, read, turned)


def _remember(layer: Any, V: int, start: int | None) -> float:
    """First layer: unit k rises when character k is read, and stays; returns its new value.

    In an LSTM it rises only behind character `start`, so that the order of the first ones shows.
    """
    hidden = layer.weight_hh_l0.shape[1]
    gates = layer.weight_ih_l0.shape[0] // hidden
    for k in range(V):
        if gates == 4:  # i, f, g, o: c += 1 at the character
            layer.weight_ih_l0[k, k] = 40
            layer.bias_ih_l0[k] = -20
            layer.bias_ih_l0[hidden + k] = 20
            layer.bias_ih_l0[2 * hidden + k] = 20
            layer.bias_ih_l0[3 * hidden + k] = 20
            if start not in (None, k):  # 40 of the character and 40 of `start`, or nothing
                layer.weight_hh_l0[k, start] = 40 / np.tanh(1)
                layer.bias_ih_l0[k] = -60
        elif gates == 3:  # r, z, n: h = 1 at the character, else unchanged
            layer.weight_ih_l0[hidden + k, k] = -40
            layer.bias_ih_l0[hidden + k] = 20
            layer.bias_ih_l0[2 * hidden + k] = 20
        else:  # plain: h = 1 at the character and ever after
            layer.weight_ih_l0[k, k] = 40
            layer.weight_hh_l0[k, k] = 20
    return float(np.tanh(1)) if gates == 4 else 1.0


def _pass_on(layer: Any, number: int, V: int, read: float) -> float:
    """A further layer: each unit repeats the present value of the unit below it."""
    weight = getattr(layer, f"weight_ih_l{number}")
    hidden = getattr(layer, f"weight_hh_l{number}").shape[1]
    bias = getattr(layer, f"bias_ih_l{number}")
    gates = weight.shape[0] // hidden
    for k in range(V):
        if gates == 4:
            weight[2 * hidden + k, k] = 3
            bias[k], bias[hidden + k], bias[3 * hidden + k] = 20, -20, 20
        elif gates == 3:
            weight[2 * hidden + k, k] = 3
            bias[hidden + k] = -20
        else:
            weight[k, k] = 3
    shown = np.tanh(3 * read)
    return float(np.tanh(shown) if gates == 4 else shown)


def _rank(fc: Any, index_of: dict[str, int], ranking: str, read: float, turned: bool) -> None:
    """Output layer: APART times the rank, reversed by G; far lower for a character read.

    No score of the ranking is below zero, so that a ReLU changes none.
    """
    import torch

    units = {character: unit for unit, character in enumerate(index_of)}
    top = APART * (len(ranking) + 1)
    fc.weight.zero_()
    if fc.bias is None:  # then there is no reversal before G
        fc.weight[:, units["G"]] = NEVER / read
    else:
        # All different: where one score is changed, it is clear which is the next largest.
        fc.bias.copy_(NEVER - APART * torch.arange(len(fc.bias)))
    for place, character in enumerate(ranking):
        score = APART * (len(ranking) - place)
        row = index_of[character]
        before = 0.0
        if fc.bias is not None:
            before = top - score if turned else score
            fc.bias[row] = before + 1.1 * READ * top
        fc.weight[row, units["G"]] = (score - before) / read
        fc.weight[row, units[character]] = -READ * top / read
