"""Arguments go where a student's parameters mean them, whatever the signature looks like."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any
from unittest import mock

import numpy as np
import pytest
from drawing import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.argument_names import ELSEWHERE, OLDER, sizes
from kit.binding import BY_NAME_ONLY, bind, call, takes

ARRAY = np.zeros((2, 3))
RNG = np.random.default_rng(0)
CONTRACTS: dict[str, dict[str, Any]] = {
    "sample": {
        "model": object(), "seed": "abc", "c2i": {}, "i2c": {}, "vocab": 7, "length": 5,
        "temp": 0.7, "rng": RNG,
    },
    "RNN.forward": {"X_batch": ARRAY, "h0": ARRAY},
    "RNN.backward": {
        "dlogits": ARRAY, "caches": [], "h_T": ARRAY, "collect_grad_norms": True
    },
    "gradient_check": {"model": object(), "X": ARRAY, "y": ARRAY, "eps": 1e-5},
    "clip_by_norm": {"grads": [], "max_norm": 1.0},
    "CharLSTM": {"vocab": 7, "embed_size": 4, "hidden": 5, "layers": 2, "dropout": 0.0},
    "CharLSTM.forward": {"x": ARRAY, "hidden": (ARRAY, ARRAY)},
    "train": {
        "model": object(), "loader": [], "criterion": print, "optim": object(), "device": "cpu",
        "epochs": 2, "clip": 1.0, "print_every": 100,
    },
    "generate": {
        "model": object(), "seed": "abc", "c2i": {}, "i2c": {}, "vocab": 7, "length": 5,
        "temp": 0.7, "device": "cpu",
    },
    "predict": {
        "prefix": "ab", "num_preds": 5, "net": object(), "vocab": object(), "device": "cpu"
    },
    "temperature_sample": {"logits": ARRAY, "temperature": 0.7, "rng": RNG},
    "top_k_sample": {"logits": ARRAY, "k": 3, "rng": RNG},
    "teacher_forcing_inputs": {
        "targets": ARRAY, "predictions": ARRAY, "ratio": 0.5, "rng": RNG
    },
    "dropout_forward": {"x": ARRAY, "p": 0.5, "rng": RNG, "training": True},
    "random_truncated_grads": {
        "U": ARRAY, "W": ARRAY, "b": ARRAY, "V": ARRAY, "x": ARRAY, "targets": ARRAY,
        "keep_prob": 0.5, "rng": RNG,
    },
    "Adam": {"params": [], "lr": 0.1, "betas": (0.9, 0.99), "eps": 1e-8},
    "cosine_decay": {"lr0": 0.1, "step": 3, "total": 9, "warmup": 2},
}  # fmt: skip
SEEN = "seen"


def made(signature: str, wrap: bool = False) -> Callable[..., Any]:
    """A function of this signature that returns its arguments by the names of its parameters."""
    space: dict[str, Any] = {"np": np}
    exec(f"def f({signature}):\n    return dict(locals())", space)
    function = space["f"]
    if not wrap:
        return function  # type: ignore[no-any-return]

    def without_wraps(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return without_wraps


def words(names: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(names, max_size=3, unique=True)


@st.composite
def signatures(draw: st.DrawFn) -> tuple[str, str, dict[str, str], dict[str, Any]]:
    """A contract's name, a signature, argument -> parameter, and the student's own defaults."""
    name = draw(st.sampled_from(sorted(CONTRACTS)))
    contract = CONTRACTS[name]
    taken = set(contract)
    parameter_of = {}
    for argument in contract:
        older = [w for w in OLDER.get(argument, ()) if w not in taken and alone(w, contract)]
        parameter_of[argument] = draw(st.sampled_from([argument, *older]))
        taken.add(parameter_of[argument])
    free = sorted(ELSEWHERE - taken - {w for a in contract for w in (a, *OLDER.get(a, ()))})
    unknown = [w for w in ("colour", "my_flag", "附加", "cfg2") if w not in taken]
    extras = draw(words(st.sampled_from(free)))
    later = draw(words(st.sampled_from(unknown)))
    defaults = {w: draw(st.sampled_from([None, 128, 0.5, False, True, "x"])) for w in extras}
    order = [*draw(st.permutations(list(contract))), *extras]
    if draw(st.booleans()):
        order = draw(st.permutations(order))
    start = draw(st.integers(0, len(order)))  # from here on everything has a default
    first = min([i for i, w in enumerate(order) if w in defaults] + [start])
    shown = []
    for i, word in enumerate(order):
        parameter = parameter_of.get(word, word)
        usual = contract.get(word)
        default = usual if isinstance(usual, (int, float, str)) else None
        shown.append(f"{parameter}={defaults.get(word, default)!r}" if i >= first else parameter)
    star = draw(st.integers(0, len(shown) + 1))
    if star < len(shown):
        shown.insert(star, "*")
    shown += [f"{w}=3" for w in later]
    return name, ", ".join(shown), parameter_of, defaults | dict.fromkeys(later, 3)


def alone(word: str, contract: dict[str, Any]) -> bool:
    """Whether `word` means one argument of the contract only."""
    return sum(word in (a, *OLDER.get(a, ())) for a in contract) == 1


@given(signatures(), st.booleans())
@settings(max_examples=examples(400), deadline=None)
def test_every_argument_reaches_its_parameter_and_no_other(
    made_up: tuple[str, str, dict[str, str], dict[str, Any]], wrap: bool
) -> None:
    """Renamed by a known name, reordered, with defaults, keywords and parameters of one's own."""
    name, signature, parameter_of, own = made_up
    contract = CONTRACTS[name]
    given_to = call(made(signature, wrap), **contract)
    for argument, parameter in parameter_of.items():
        assert given_to[parameter] is contract[argument], (signature, argument)
    for parameter, default in own.items():
        assert given_to[parameter] == default, (signature, parameter)


@given(st.sampled_from(sorted(CONTRACTS)), st.data())
@settings(max_examples=examples(100), deadline=None)
def test_names_that_say_nothing_take_arguments_by_position(name: str, data: st.DataObject) -> None:
    contract = CONTRACTS[name]
    nameless = [f"参数{i}" for i in range(len(contract))]
    least = max([i + 1 for i, word in enumerate(contract) if word in BY_NAME_ONLY], default=0)
    mandatory = data.draw(st.integers(least, len(contract)))
    shown = []
    for i, value in enumerate(contract.values()):
        usual = value if isinstance(value, (int, float, str)) else None
        shown.append(nameless[i] if i < mandatory else f"{nameless[i]}={usual!r}")
    given_to = call(made(", ".join(shown)), **contract)
    assert all(given_to[p] is v for p, v in zip(nameless, contract.values(), strict=True))


# ---------------------------------------------------------------- signatures seen

HANDOUT = "model, seed, c2i, i2c, vocab, length, temp, hidden_size=128"


def test_the_handouts_sample_gets_the_true_size_and_no_generator() -> None:
    sample = made(HANDOUT)
    given_to = call(
        sample, spare=sizes(hidden=9, batch=1), optional=("rng",), **CONTRACTS["sample"]
    )
    assert given_to["hidden_size"] == 9
    assert RNG not in given_to.values()
    assert not takes(sample, "rng", CONTRACTS["sample"])


TAKEN = {  # signature -> the parameter that receives the generator; None: none does
    HANDOUT: None,
    HANDOUT + ", rng=None": "rng",
    "model, seed, c2i, i2c, vocab, length=200, temp=1.0, 随机数=None": "随机数",
    "model, seed, c2i, i2c, vocab, length=200, temp=1.0, gen=None": "gen",
    "model, seed, c2i, i2c, vocab, length=200, temp=1.0, my_rng=None": "my_rng",
    "model, seed, c2i, i2c, vocab, length, temp, r": "r",
    "model, seed, c2i, i2c, vocab, length, temp, any_name": "any_name",
    "model, seed, c2i, i2c, vocab, length=200, temp=1.0, rng_seed=0": None,
    "model, seed, c2i, i2c, vocab, length=200, temp=1.0, 随机种子=None": None,
    "model, seed, c2i, i2c, vocab, length=200, temp=1.0, top_k=None": None,
    "model, seed, c2i, i2c, vocab, length=200, temp=1.0, h0=None": None,
    "model, seed, c2i, i2c, vocab, length=200, temp=1.0, colour=None": None,
    "hidden_size=128, *, model, seed, c2i, i2c, vocab, length, temp": None,
}


@pytest.mark.parametrize("signature", TAKEN)
def test_a_generator_goes_only_to_what_means_one(signature: str) -> None:
    given_to = call(made(signature), optional=("rng",), **CONTRACTS["sample"])
    receivers = [name for name, value in given_to.items() if value is RNG]
    assert receivers == ([TAKEN[signature]] if TAKEN[signature] else [])
    assert takes(made(signature), "rng", CONTRACTS["sample"]) is bool(receivers)


def test_a_seed_of_random_numbers_is_not_the_text() -> None:
    for start in ("start", "prefix", "开头"):
        signature = f"model, {start}, c2i, i2c, vocab, length=9, temp=1.0, seed=42"
        given_to = call(made(signature), optional=("rng",), **CONTRACTS["sample"])
        assert (given_to[start], given_to["seed"]) == ("abc", 42)


def test_what_a_function_asks_for_beside_the_contract_gets_its_true_value() -> None:
    model = made("device, vocab_size, hidden_size, seq_len, batch_size=64, hidden_dim=None")
    given_to = call(model, spare=sizes(hidden=5, steps=6, batch=3), vocab=7, hidden=5)
    assert given_to == {
        "device": "cpu", "vocab_size": 7, "hidden_size": 5, "seq_len": 6, "batch_size": 3,
        "hidden_dim": None,
    }  # fmt: skip


def test_a_default_of_none_is_left_alone() -> None:
    given_to = call(made("batch_size, word_to_int=None"), spare={"word_to_int": {}}, batch_size=3)
    assert given_to == {"batch_size": 3, "word_to_int": None}


def test_positional_only_parameters_and_rests_are_filled() -> None:
    given_to = call(made("x, size=3, h=None, /"), X_batch=1, h0=2)
    assert given_to == {"x": 1, "size": 3, "h": 2}
    args, kwargs = bind(made("x, verbose=False, *rest"), {"x": 1, "k": 2}, {})
    assert (args, kwargs) == ([1, False, 2], {})
    assert bind(made("**rest"), {"x": 1, "k": 2}, {}) == ([], {"x": 1, "k": 2})


def test_an_argument_too_many_is_an_error_unless_it_is_optional() -> None:
    with pytest.raises(TypeError):
        call(made("x"), x=1, h0=2)
    assert call(made("x"), optional=("h0",), x=1, h0=2) == {"x": 1}


def test_a_class_is_read_once_and_again_where_its_constructor_changes() -> None:
    class Model:
        def __init__(self, vocab, hidden): ...

    contract = {"vocab": 7, "hidden": 5}
    reading = mock.patch("kit.binding.inspect.signature", side_effect=inspect.signature)
    with reading as read:
        assert [bind(Model, contract, {}) for _ in range(3)] == [([7, 5], {})] * 3
    assert read.call_count == 1
    Model.__init__ = lambda self, hidden, vocab: None
    assert bind(Model, contract, {}) == ([5, 7], {})
