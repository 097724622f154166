"""Stand-ins for missing modules: what counts as a use of one in a call, and what does not."""

from __future__ import annotations

import copy
import inspect
import math
import operator
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from grader.worker import harmless, standins
from grader.worker.harmless import is_harmless
from grader.worker.inert import USES, Inert
from grader.worker.standins import unannounced


def uses(act: Callable[[], Any]) -> int:
    """How often the judge hears of a use while `act` runs."""
    said: list[None] = []
    with USES.during(lambda: said.append(None)):
        act()
    return len(said)


def put(target: Any) -> None:
    target.attribute = 1


def enter(target: Any) -> None:
    with target:
        pass


ACTS: dict[str, Callable[[Any], Any]] = {
    "a call": lambda v: v(1, key=2),
    "a name": lambda v: v.softmax,
    "a name that is set": put,
    "an item": lambda v: v[0],
    "an item that is set": lambda v: operator.setitem(v, 0, 1),
    "arithmetic": lambda v: v + 1,
    "arithmetic with an array": lambda v: np.ones(2) * v,
    "on the right": lambda v: 2.0 / v,
    "negation": lambda v: -v,
    "an order": lambda v: v < 1,
    "equality": lambda v: v == 1,
    "a loop": list,
    "unpacking": lambda v: operator.itemgetter(0, 1)([*v]),
    "with": enter,
    "a number": float,
    "an index": lambda v: [1, 2][v],
    "math": math.exp,
    "an array": np.asarray,
    "a truth value": bool,
    "a length": len,
    "a text": str,
    "a text in a text": lambda v: f"{v:.2f}",
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_every_operation_is_a_use_and_is_said_once(act: Callable[[Any], Any]) -> None:
    value = Inert("scipy.special.expit")
    assert uses(lambda: (act(value), act(value))) == 1
    assert uses(lambda: None) == 0


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_no_operation_with_a_harmless_one_is_a_use(act: Callable[[Any], Any]) -> None:
    assert uses(lambda: act(Inert("wandb.log"))) == 0
    assert uses(lambda: act(Inert("matplotlib.pyplot.subplots")("x").axes)) == 0


@pytest.mark.parametrize(
    ("name", "is_so"),
    [
        ("wandb", True),
        ("wandb.sdk.log", True),
        ("wandbx", False),
        ("torch.utils.tensorboard.SummaryWriter", True),
        ("torch", False),
        ("rich.print", True),
        ("rich.progress.track", False),
        ("rich", False),
        ("numba.njit", True),
        ("numba.vectorize", False),
        ("google.colab.drive", True),
        ("scipy.special.softmax", False),
        ("einops", False),
        ("accelerate.Accelerator", False),
        ("", False),
    ],
)
def test_what_is_below_a_harmless_name_is_harmless(name: str, is_so: bool) -> None:
    assert is_harmless(name) is is_so


def test_no_library_with_values_is_listed_as_harmless() -> None:
    assert not harmless.HARMLESS & {"scipy", "pandas", "sklearn", "einops", "accelerate", "jieba"}
    assert not harmless.HARMLESS & (standins.NEVER | {"d2l"})


def test_a_use_outside_of_calls_is_none_and_a_use_that_cannot_be_said_raises_nothing() -> None:
    Inert("scipy")()

    def broken() -> None:
        raise OSError

    with USES.during(broken):
        assert Inert("scipy")() is not None


def test_a_process_that_the_code_forked_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[None] = []
    with USES.during(lambda: said.append(None)):
        monkeypatch.setattr(os, "getpid", lambda: -1)
        Inert("scipy")()
    assert said == []


def test_a_decorated_function_stays_itself_and_counts_when_it_is_called() -> None:
    def step(x: int, h: int = 2) -> int:
        return x + h

    for decorator in (Inert("lib.cached"), Inert("lib.typed")(strict=True)):
        made = decorator(step)
        assert (made(1), made.__name__, inspect.signature(made)) == (
            3,
            "step",
            inspect.signature(step),
        )
        assert uses(lambda made=made: made(1)) == 1
    assert Inert("jaxtyping.jaxtyped")(typechecker=None)(step) is step
    assert Inert("numba.njit")(step) is step


def test_a_decorated_class_is_itself_and_counts_where_it_has_no_constructor() -> None:
    class Bare:
        x: int = 0

    class Own:
        def __init__(self, x: int) -> None:
            self.x = x

    define = Inert("attrs.define")
    assert (define(Bare), define(Own)) == (Bare, Own)
    assert uses(Bare) == 1
    assert uses(lambda: Own(1)) == 0
    with pytest.raises(TypeError):
        Bare(1)  # type: ignore[call-arg]
    assert define(int) is int
    assert define(tuple) is tuple


def test_a_missing_base_class_counts_when_an_object_is_made() -> None:
    base: Any = Inert("lightning.LightningModule")

    class Model(base, dict, frozen=True):  # type: ignore[misc, call-arg]
        pass

    class Plotter(Inert("wandb.Callback")):  # type: ignore[misc]
        pass

    class Both(base, Inert("lightning.Mixin")):  # type: ignore[misc]
        def __init__(self, size: int) -> None:
            super().__init__()
            self.size = size

    class Child(Inert("lightning.Mixin"), Both):  # type: ignore[misc]
        pass

    assert uses(lambda: Child(3)) == 1
    assert uses(lambda: Model(a=1)) == 1
    assert Model(a=1) == {"a": 1}
    assert uses(Plotter) == 0
    assert Plotter.__bases__ == (object,)
    assert uses(lambda: Both(3)) == 1
    assert Both(3).size == 3


def test_a_copy_of_a_stand_in_is_one() -> None:
    value = Inert("scipy")
    assert uses(lambda: copy.deepcopy(value)()) == 1
    assert len({value, value}) == 1


def test_modules_that_functions_import_are_known_and_those_that_are_here_are_not() -> None:
    text = (
        "import os.path, numpy as np, torch\nimport no_such_told, no_such_at_the_top\n"
        "def f():\n    from no_such_a.b import c\n    import no_such_b as b, json, pytest\n"
        "class A:\n    def g(self):\n        from . import sibling\n        import\n"
        "        import no_such_told, no_such_c.d\n"
        "if __name__ == '__main__':\n    import no_such_script\n"
    )
    found = unannounced([text, " import x y, \n import 3, .,"], ["no_such_told"])
    assert {(n.kind, n.path, n.line) for n in found} == {("lacking", "", 0)}
    assert [n.name for n in found] == ["no_such_a", "no_such_b", "no_such_c", "no_such_script", "x"]
