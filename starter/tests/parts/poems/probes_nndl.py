"""Probes of part ``poems`` by the nndl contract: everything except the model.

The public exercise has two files: ``rnn.py`` with the model, ``main.py`` with everything else.
They are tested separately: ``gen_poem`` with the student's own model and vocabulary, and with
stand-ins for both. Real submissions open files by paths of their own computer, and use a name for
the model's module that they did not import; this module makes both work.
"""

from __future__ import annotations

import builtins
import inspect
import io
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

from kit.binding import call
from kit.data import Answer
from kit.lab import Lab

from . import probes_model, probes_text

READERS = ("process_poems1", "process_poems2", "process_poems")
"""The readers of the exercise: the first reads ``title:content``, the second bare lines."""

MANY = 260
"""Poems in a file that makes at least one batch of the exercise's training."""

FILES = ("poems.txt", "tangshi.txt", "subset_poems.txt")
WEIGHTS = "poem_generator_rnn"


def readings(lab: Lab, contents: list[bytes], process: Any) -> list[Any]:
    """The answer of `process` for each reader and each of `contents`; None where it raises.

    If every one raises, the first exception is raised.
    """
    first: Exception | None = None
    found: list[Any] = []
    for name in (n for n in READERS if lab.has(n)):
        for content in contents:
            try:
                with _files(content):
                    found.append(process(lab.get(name), content))
            except Exception as error:
                first = first or error
                found.append(None)
    if not found:
        lab.get(*READERS)  # raises Missing with the name
    if first is not None and all(reading is None for reading in found):
        raise first
    return found


# ---------------------------------------------------------------- the layout of the input


class _Enough(BaseException):
    """Ends a call that has shown what was wanted; no ``except Exception`` catches it."""


@lru_cache(maxsize=8)
def feeds_rows(lab: Lab) -> bool:
    """Whether the hand-in's own code gives the model a poem as ``(1, T)``, never as ``(T, 1)``.

    The exercise feeds ``(T, 1)``. A hand-in that takes batches ``(B, T)`` throughout is right too.
    Its training and its generator are asked only if the model cannot use ``(T, 1)``.
    """
    if not (lab.has("RNN_model") and _forgets(lab)):
        return False
    shapes = [shape for name in ("run_training", "gen_poem") for shape in _fed(lab, name)]
    rows = [len(shape) == 2 and shape[1] > 1 for shape in shapes]
    columns = [len(shape) == 2 and shape[1] == 1 for shape in shapes]
    return any(rows) and not any(columns)


def _forgets(lab: Lab) -> bool:
    """Whether the student's model, given ``(T, 1)``, raises or loses the first character."""
    import torch

    try:
        model = probes_model.make(lab, 5, 4, 6)
        rows = [
            probes_model.call_model(model, {"sentence": torch.tensor(poem)[:, None]}, False)[-1]
            for poem in ([0, 2, 3], [1, 2, 3])
        ]
        return bool(torch.equal(*rows))
    except Exception:
        return True


def _fed(lab: Lab, name: str) -> list[tuple[int, ...]]:
    """The shapes of more than one character that a function of the hand-in gives its model."""
    import torch

    seen: list[tuple[int, ...]] = []
    if not lab.has(name):
        return seen
    function = lab.get(name)
    characters = "山水风月花鸟春秋人天"
    index_of = {c: i for i, c in enumerate([*characters, "G", "E", " "])}
    lines = [characters] * MANY
    model = _stand_ins(index_of, characters, seen)
    replaced = _readers(index_of, lines)
    replaced |= _modules(function, _called(function), model, own=False)
    try:
        with _bound(function, replaced), _files("\n".join(lines).encode()):
            torch.save(model.RNN_model().state_dict(), WEIGHTS)
            given: dict[str, Any] = {"begin_word": characters[0]} if name == "gen_poem" else {}
            call(function, **given)
    except (Exception, _Enough):
        pass  # what it has given the model so far counts
    return seen


# ---------------------------------------------------------------- gen_poem


def write(lab: Lab, contents: list[bytes], ranking: str, begin_word: str, own: bool) -> Answer:
    """``gen_poem(begin_word)`` with a model that follows `ranking`; see ``probes_text``.

    `contents` are the same poems with and without titles. With `own` the student's reader and
    model are used if they are usable, else stand-ins.
    """
    import torch

    function = lab.get("gen_poem")
    characters = sorted(set(ranking) | {"G", "E"})
    plain = contents[0].decode()
    index_of = {c: i for i, c in enumerate([*characters, " "])}
    content, replaced = contents[0], _readers(index_of, plain.split())
    if own:
        found = _usable(lab, function, contents, characters)
        if found is not None:
            (content, index_of), replaced = found, {}
    names = _called(function)
    model = _namespace(lab) if own else _stand_ins(index_of, ranking)
    replaced |= _modules(function, names, model, own)
    rows = len(index_of) + 1
    seen: list[Any] = []
    with ExitStack() as stack:
        stack.enter_context(_bound(function, replaced))
        stack.enter_context(probes_text.watched(torch.nn.Module, seen))
        stack.enter_context(_files(content))
        letters = {c: i for c, i in index_of.items() if c != " "}
        if not own:
            torch.save({}, WEIGHTS)
            return {"text": call(function, begin_word=begin_word)}
        sizes = probes_text.place_usual(lab, rows, letters, ranking, turned=False)
        try:
            return {"text": call(function, begin_word=begin_word)}
        except Exception:
            if not seen or probes_text.sizes_of(seen[-1]) == sizes:
                raise
        probes_text.save(seen[-1], letters, ranking, turned=False)
        return {"text": call(function, begin_word=begin_word)}


def _usable(
    lab: Lab, function: Any, contents: list[bytes], characters: list[str]
) -> tuple[bytes, dict[str, int]] | None:
    """A content and the student's character -> index for it, if a model can be built for these."""
    called = _called(function)
    for name in (n for n in READERS if n in called and lab.has(n)):
        for content in contents:
            try:
                with _files(content):
                    _, index_of, words = call(lab.get(name), file_name=FILES[0])[:3]
                index_of = {c: int(i) for c, i in dict(index_of).items()}
                right = all(words[index_of[c]] == c for c in characters)
            except Exception:
                continue
            surplus = set(index_of) - {*characters, " "}
            if right and not surplus and sorted(index_of.values()) == list(range(len(index_of))):
                return content, index_of
    return None


def _readers(index_of: dict[str, int], lines: list[str]) -> dict[str, Any]:
    """Readers that give the vocabulary `index_of`, whose words end in a blank."""

    def process(*_: Any, **__: Any) -> Any:
        vectors = [[index_of[c] for c in f"G{line}E"] for line in lines]
        return vectors, dict(index_of), tuple(index_of)

    return dict.fromkeys(READERS, process)


def _called(function: Any) -> set[str]:
    """Every name that `function`, or another function of its module, uses."""
    function = inspect.unwrap(function)
    space = getattr(function, "__globals__", {})
    made = [inspect.unwrap(f) for f in space.values() if isinstance(f, FunctionType)]
    mine = [f for f in made if f.__globals__ is space]
    return {name for f in (function, *mine) for name in f.__code__.co_names}


def _namespace(lab: Lab) -> Any:
    """Within the context, the submission's model is a module under the name that its code uses."""
    names = ("word_embedding", "RNN_model", "weights_init")
    return SimpleNamespace(**{n: lab.get(n) for n in names if lab.has(n)})


def _modules(function: Any, names: set[str], model: Any, own: bool) -> dict[str, Any]:
    """The names that the code uses for the model's module and classes, bound to `model`.

    With `own` only names that are not defined: the template imports ``rnn`` and uses
    ``rnn_lstm``.
    """
    space = function.__globals__
    found: dict[str, Any] = {}
    for name in names:
        value = space.get(name)
        if name in space and isinstance(value, ModuleType):
            holds = isinstance(getattr(value, "RNN_model", None), type)
            if ("rnn" in name.lower() and not holds) or (holds and not own):
                found[name] = model
        elif name not in space and not hasattr(builtins, name) and "rnn" in name.lower():
            found[name] = model
        elif name in ("RNN_model", "word_embedding") and not own:
            found[name] = getattr(model, name)
    return found


@contextmanager
def _bound(function: Any, replaced: dict[str, Any]) -> Iterator[None]:
    """Bind global names of a function within the context."""
    space = function.__globals__
    old = {name: space[name] for name in replaced if name in space}
    space.update(replaced)
    try:
        yield
    finally:
        for name in replaced:
            space.pop(name, None)
        space.update(old)


@contextmanager
def _files(content: bytes) -> Iterator[None]:
    """The poems under the usual file names; opening a file that does not exist opens them too."""
    torch: Any = sys.modules.get("torch") or SimpleNamespace(load=None)  # torch may not be imported
    for name in FILES:
        Path(name).write_bytes(content)
    originals = builtins.open, io.open, torch.load

    def opened(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        lacking = isinstance(file, (str, os.PathLike)) and not os.path.exists(file)
        reads = not set(mode) & set("wax+")
        return originals[0](FILES[0] if lacking and reads else file, mode, *args, **kwargs)

    def load(f: Any, *args: Any, **kwargs: Any) -> Any:
        lacking = isinstance(f, (str, os.PathLike)) and not os.path.exists(f)
        return originals[2](WEIGHTS if lacking else f, *args, **kwargs)

    builtins.open, io.open, torch.load = opened, opened, load
    try:
        yield
    finally:
        builtins.open, io.open, torch.load = originals


def _stand_ins(
    index_of: dict[str, int], ranking: str, shapes: list[tuple[int, ...]] | None = None
) -> Any:
    """A model without weights: it names the first character of `ranking` not yet read.

    With `shapes` it has a weight, for optimisers, and ends the call when it has recorded the shape
    of an input of more than one character.
    """
    import torch

    class Anything(torch.nn.Module):
        def __init__(self, *_: Any, **__: Any) -> None:
            super().__init__()
            if shapes is not None:
                self.weight = torch.nn.Parameter(torch.zeros(1))

    class Ranks(Anything):
        def forward(self, sentence: Any, *args: Any, **kwargs: Any) -> Any:
            if shapes is not None and sentence.numel() > 1:
                shapes.append(tuple(sentence.shape))
                raise _Enough
            read = sentence.reshape(-1).tolist()
            scores = torch.full((len(read), len(index_of) + 1), -1e3)
            for t in range(len(read)):
                for place, character in enumerate(ranking):
                    if index_of[character] not in read[: t + 1]:
                        scores[t, index_of[character]] = -float(place)
            is_test = kwargs.get("is_test", any(a is True for a in args))
            return scores[-1:] if is_test else scores

    return SimpleNamespace(word_embedding=Anything, RNN_model=Ranks, weights_init=None)
