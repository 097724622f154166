"""Let code that was written for a GPU or for worker processes run unchanged in a worker.

Applied once in a torch server, before it forks: where CUDA is hidden ``.cuda()``,
``.to("cuda")`` and ``device="cuda"`` stay on the CPU, ``torch.load`` maps to it, and a
``DataLoader`` loads in its own process, because a worker may not start others. What
``torch.jit`` and ``torch.compile`` would compile runs as it is written.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from functools import wraps
from typing import Any

FACTORIES = (
    "arange", "as_tensor", "empty", "empty_like", "eye", "full", "full_like", "linspace",
    "normal", "ones", "ones_like", "rand", "rand_like", "randint", "randn", "randn_like",
    "randperm", "tensor", "zeros", "zeros_like",
)  # fmt: skip
"""Functions of torch that take ``device=``."""

PROCESS_ARGUMENTS = ("prefetch_factor", "persistent_workers", "multiprocessing_context", "timeout")
"""Arguments of DataLoader that make sense only with worker processes."""


NAMES_OF_COMPILED = ("obj", "func", "mod", "model", "fn")
"""Parameters of ``torch.jit`` and ``torch.compile`` that take what is to be compiled."""


def make_compatible(torch: Any) -> None:
    """Patch `torch` in place; its devices only where CUDA is hidden from the workers."""
    _load_in_process(torch)
    _compile_nothing(torch)
    if os.environ.get("CUDA_VISIBLE_DEVICES") != "":
        return  # workers may see a GPU; asking for it here would start CUDA before the fork
    for name in FACTORIES:
        setattr(torch, name, _on_cpu(getattr(torch, name), torch))
    for owner in (torch.Tensor, torch.nn.Module):
        owner.cuda = _stay
        owner.to = _to_cpu(owner.to, torch)
    for name in ("new_zeros", "new_ones", "new_empty", "new_full", "new_tensor"):
        setattr(torch.Tensor, name, _on_cpu(getattr(torch.Tensor, name), torch))
    torch.load = _load_on_cpu(torch.load)
    torch.set_default_device = lambda device: None
    # Programs call these whether there is a GPU or not.
    torch.cuda.manual_seed = torch.cuda.manual_seed_all = lambda seed: None
    torch.cuda.empty_cache = torch.cuda.synchronize = lambda *_: None


def _compile_nothing(torch: Any) -> None:
    """Compiled code computes what the code says, and only that: here it is not compiled.

    ``torch.jit`` cannot read the functions that are replaced above, and ``torch.compile`` starts a
    compiler. A model that runs as it is written also keeps its class, which probes extend.
    """

    class ScriptModule(torch.nn.Module):  # type: ignore[misc]
        """``torch.jit.ScriptModule``: a module."""

    for name in ("script", "trace", "trace_module", "freeze", "script_method"):
        setattr(torch.jit, name, _as_written)
    torch.jit.optimize_for_inference = _as_written
    torch.jit.ScriptModule = ScriptModule
    torch.jit.save, torch.jit.load = _kept(torch)
    torch.nn.Module.save = lambda self, f, *_, **__: torch.jit.save(self, f)
    torch.compile = _as_written
    torch.nn.Module.compile = lambda self, *_, **__: None


def _as_written(compiled: Any = None, *_: Any, **options: Any) -> Any:
    """What is to be compiled, unchanged; without it, a decorator."""
    if compiled is None:
        compiled = next((v for k, v in options.items() if k in NAMES_OF_COMPILED), None)
    return _as_written if compiled is None else compiled


def _kept(torch: Any) -> tuple[Callable[..., None], Callable[..., Any]]:
    """``torch.jit.save`` and ``load`` for what was not compiled.

    The file holds a number, the model stays in this process: to write it out would need its class
    by name, which a function or a notebook may have made.
    """
    models: list[Any] = []

    def save(m: Any, f: Any, *_: Any, **__: Any) -> None:
        models.append(copy.deepcopy(m))
        torch.save({_KEPT: len(models) - 1}, f)

    def load(f: Any, *_: Any, **__: Any) -> Any:
        return copy.deepcopy(models[torch.load(f)[_KEPT]])

    return save, load


_KEPT = "model kept by torch.jit.save"


def _stay(self: Any, *_: Any, **__: Any) -> Any:
    return self


def _cuda(value: Any, torch: Any) -> bool:
    """Whether `value` names a GPU: ``"cuda"``, ``"cuda:0"`` or such a device."""
    if isinstance(value, str):
        return value.startswith("cuda")
    return isinstance(value, torch.device) and value.type == "cuda"


def _on_cpu(function: Callable[..., Any], torch: Any) -> Callable[..., Any]:
    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        device = kwargs.get("device")
        if device is not None and _cuda(device, torch):
            kwargs["device"] = "cpu"
        return function(*args, **kwargs)

    return call


def _to_cpu(function: Callable[..., Any], torch: Any) -> Callable[..., Any]:
    @wraps(function)
    def to(self: Any, *args: Any, **kwargs: Any) -> Any:
        args = tuple("cpu" if _cuda(a, torch) else a for a in args)
        if _cuda(kwargs.get("device"), torch):
            kwargs["device"] = "cpu"
        return function(self, *args, **kwargs)

    return to


def _load_on_cpu(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def load(f: Any, map_location: Any = None, **kwargs: Any) -> Any:
        return function(f, map_location="cpu", **kwargs)

    return load


def _load_in_process(torch: Any) -> None:
    original = torch.utils.data.DataLoader.__init__

    @wraps(original)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        # Without worker processes DataLoader refuses these arguments.
        if kwargs.get("num_workers"):
            kwargs = {k: v for k, v in kwargs.items() if k not in PROCESS_ARGUMENTS} | {
                "num_workers": 0
            }
        if len(args) > 5:  # dataset, batch_size, shuffle, sampler, batch_sampler, num_workers
            args = (*args[:5], 0, *args[6:])
        original(self, *args, **kwargs)

    torch.utils.data.DataLoader.__init__ = init
