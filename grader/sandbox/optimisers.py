"""Let optimisers of torch step without importing the compiler, torch._dynamo.

The first step of an optimiser imports it: a second, as long as torch itself, and 110 MB. It is for
``torch.compile``, which compiles nothing here (`grader.worker.torch_compatibility`). What torch's
wrappers do besides is kept. Code that asks for the compiler by name still gets it.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from types import CodeType
from typing import Any


def without_compiler(torch: Any) -> None:
    """Patch the optimisers of `torch`, before the first of them is made.

    A version of torch with other wrappers is left as it is, and imports its compiler.
    """
    hidden = _code_of_wrapper("torch._compile", "_disable_dynamo")
    graded = _code_of_wrapper("torch.optim.optimizer", "_use_grad_for_differentiable")
    base = torch.optim.Optimizer
    known = [c for c in vars(torch.optim).values() if isinstance(c, type) and issubclass(c, base)]
    for optimiser in dict.fromkeys([base, *known]):
        for name, method in list(vars(optimiser).items()):
            code = getattr(method, "__code__", None)
            if code is None:
                continue
            inner = getattr(method, "__wrapped__", None)
            if code is hidden:
                # Where torch keeps the function that its compiler would have made of this one.
                inner.__dynamo_disable = inner  # type: ignore[union-attr]
            elif code is graded:
                setattr(optimiser, name, _with_grad_as_asked(inner, torch))


def _code_of_wrapper(module: str, name: str) -> CodeType | None:
    """The code of what a decorator of torch returns, by which such functions are recognised."""
    try:
        decorate = getattr(importlib.import_module(module), name, None)
    except ModuleNotFoundError:  # another version of torch
        return None
    return None if decorate is None else getattr(decorate(lambda self: None), "__code__", None)


def _with_grad_as_asked(step: Any, torch: Any) -> Callable[..., Any]:
    """What ``_use_grad_for_differentiable`` does where nothing is compiled."""

    @functools.wraps(step)
    def step_with_grad(self: Any, *args: Any, **kwargs: Any) -> Any:
        before = torch.is_grad_enabled()
        try:
            torch.set_grad_enabled(self.defaults["differentiable"])
            return step(self, *args, **kwargs)
        finally:
            torch.set_grad_enabled(before)

    return step_with_grad
