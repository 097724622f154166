"""Stand-ins for modules that a worker lacks: inert, or working where course notes use them.

Only imports made by the submission get one; a library's own optional imports fail as they
should.
"""

from __future__ import annotations

import re
import sys
import time
import types
from collections.abc import Callable, Iterable, Iterator
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from typing import Any

from grader.protocol.messages import Notice

from .harmless import is_harmless
from .inert import USES, Inert

NEVER = {"torch", "numpy", "kit", "parts", "grader"}
"""Modules without a stand-in: a part without torch must not find one."""


class _Settings(Inert):
    """``wandb.config``: holds what it is given, by attribute and by key; the rest is inert."""

    def __init__(self) -> None:
        super().__init__("wandb.config")
        self.__dict__["_values"] = {}

    def update(self, *values: Any, **named: Any) -> None:
        known = [v for v in values if isinstance(v, dict)]
        # An argparse.Namespace is taken as well.
        known += [vars(v) for v in values if not isinstance(v, (dict, Inert)) and _has_dict(v)]
        for more in (*known, named):
            self._values.update(more)

    def get(self, key: Any, default: Any = None) -> Any:
        return self._values.get(key, default)

    def keys(self) -> Any:
        return self._values.keys()

    def items(self) -> Any:
        return self._values.items()

    def __getattr__(self, name: str) -> Any:
        values = self.__dict__.get("_values", {})
        return values[name] if name in values else super().__getattr__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._values[name] = value

    def __getitem__(self, key: Any) -> Any:
        return self._values.get(key, self)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._values[key] = value

    def __contains__(self, key: Any) -> bool:
        return key in self._values

    def __len__(self) -> int:
        return len(self._values)


def _has_dict(value: Any) -> bool:
    return isinstance(getattr(value, "__dict__", None), dict)


class _Run(Inert):
    """``wandb.run``: its ``config`` holds values, the rest is inert."""

    def __init__(self, config: _Settings) -> None:
        super().__init__("wandb.run")
        self.__dict__["config"] = config


def _wandb() -> dict[str, Any]:
    """Names of ``wandb``: what ``init(config=...)`` was given can be read again."""
    config = _Settings()
    run = _Run(config)

    def init(*_: Any, **named: Any) -> _Run:
        config.update(named.get("config"))
        return run

    return {"config": config, "init": init, "run": run}


class _InertModule(types.ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = Inert(f"{self.__name__}.{name}")
        if not is_harmless(f"{self.__name__}.{name}"):
            USES.note()
        return found


def _pass_through(iterable: Any = (), *_: Any, **__: Any) -> Any:
    return _Progress(iterable)


class _Progress:
    """``tqdm(iterable)`` without the bar."""

    def __init__(self, iterable: Any) -> None:
        self._iterable = iterable

    def __iter__(self) -> Iterator[Any]:
        return iter(self._iterable)

    def __len__(self) -> int:
        return len(self._iterable)

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *_: Any) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **kwargs: None


def _trange(*args: int, **_: Any) -> Any:
    return _Progress(range(*args))


class _Timer:
    """``d2l.Timer``: seconds between start and stop."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.start()

    def start(self) -> None:
        self.tik = time.time()

    def stop(self) -> float:
        self.times.append(time.time() - self.tik)
        return self.times[-1]

    def avg(self) -> float:
        return sum(self.times) / len(self.times)

    def sum(self) -> float:
        return sum(self.times)


class _Accumulator:
    """``d2l.Accumulator``: n running sums."""

    def __init__(self, n: int) -> None:
        self.data = [0.0] * n

    def add(self, *args: Any) -> None:
        self.data = [a + float(b) for a, b in zip(self.data, args, strict=False)]

    def reset(self) -> None:
        self.data = [0.0] * len(self.data)

    def __getitem__(self, index: int) -> float:
        return self.data[index]


def _try_gpu(i: int = 0) -> Any:
    torch = sys.modules["torch"]
    return torch.device(f"cuda:{i}" if torch.cuda.device_count() > i else "cpu")


def _sgd(params: Any, lr: float, batch_size: int) -> None:
    torch = sys.modules["torch"]
    with torch.no_grad():
        for param in params:
            param -= lr * param.grad / batch_size
            param.grad.zero_()


class _Animator(Inert):
    """``d2l.Animator``: takes points, draws nothing."""

    def __init__(self, *_: Any, **__: Any) -> None:
        super().__init__("d2l.Animator")


def _enumerate(iterable: Any, start: int = 0, *_: Any, **__: Any) -> Any:
    return enumerate(iterable, start)


def _zip(*iterables: Any, **_: Any) -> Any:
    return zip(*iterables, strict=False)


_TQDM = {
    "tenumerate": _enumerate,
    "tzip": _zip,
    "tqdm": _pass_through,
    "trange": _trange,
    "tqdm_notebook": _pass_through,
    "tnrange": _trange,
}
_D2L = {
    "Timer": _Timer,
    "Accumulator": _Accumulator,
    "Animator": _Animator,
    "sgd": _sgd,
    "try_gpu": _try_gpu,
}
_WORKING: dict[str, dict[str, Any]] = {"tqdm": _TQDM, "d2l": _D2L}


# What the library calls as torch does, and methods of tensors that it has as functions.
_D2L_AS_TORCH = (
    *("ones", "ones_like", "zeros", "zeros_like", "tensor", "arange", "linspace", "eye"),
    *("meshgrid", "sin", "sinh", "cos", "cosh", "tanh", "exp", "log", "abs", "sigmoid"),
    *("matmul", "stack", "normal", "rand", "randn", "int32", "int64", "float32"),
)
_D2L_OTHERWISE = {"concat": "cat", "batch_matmul": "bmm"}
_D2L_METHODS = {
    **{name: name for name in ("reshape", "to", "argmax", "swapaxes", "repeat")},
    **{"size": "numel", "reduce_sum": "sum", "reduce_mean": "mean", "astype": "type"},
    **{"transpose": "t", "expand_dims": "unsqueeze"},
}


def _d2l_of_tensors() -> dict[str, Any]:
    """The short names of ``d2l.torch`` for operations on tensors; none without torch."""
    torch = sys.modules.get("torch")
    if torch is None:
        return {}
    return {
        **{name: getattr(torch, name) for name in _D2L_AS_TORCH},
        **{name: getattr(torch, other) for name, other in _D2L_OTHERWISE.items()},
        **{name: _method(of_tensor) for name, of_tensor in _D2L_METHODS.items()},
        "numpy": lambda x, *args, **kwargs: x.detach().numpy(*args, **kwargs),
    }


def _method(name: str) -> Callable[..., Any]:
    return lambda x, *args, **kwargs: getattr(x, name)(*args, **kwargs)


UNUSABLE = {"torch.utils.tensorboard": "tensorboard"}
"""Modules of installed libraries -> the library that they need and the grader may lack."""


class StandInFinder(MetaPathFinder, Loader):
    """Last on ``sys.meta_path``: finds what no other finder did, for the submission only."""

    def __init__(self, own_files: frozenset[str], notice: Callable[[str], None]) -> None:
        self._own_files = own_files
        self._notice = notice
        self.only_working = False

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """A spec for a stand-in; None for our own imports and for what is never replaced."""
        top, dot, _ = name.partition(".")
        if top in NEVER or top in sys.stdlib_module_names or not self._asked_by_student():
            return None
        parent = sys.modules.get(name.rpartition(".")[0])
        if dot and not isinstance(parent, _InertModule):
            return None  # a real module, or the student's own, that lacks this name
        if top not in _WORKING:
            if self.only_working:
                return None
            self._announce(top)
        return ModuleSpec(name, self, is_package=True)

    def find_unusable(self, name: str) -> ModuleSpec | None:
        """A spec for a stand-in of a module that would be found, but cannot be imported."""
        broken = next((m for m in UNUSABLE if name == m or name.startswith(f"{m}.")), None)
        if broken is None or self.only_working or not self._asked_by_student(3):
            return None
        if UNUSABLE[broken] in sys.modules or find_spec(UNUSABLE[broken]) is not None:
            return None
        self._announce(broken)
        return ModuleSpec(name, self, is_package=True)

    def _announce(self, name: str) -> None:
        self._notice(name)

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        """An inert module with the working names of those that have some."""
        module = _InertModule(spec.name)
        top = spec.name.split(".")[0]
        vars(module).update(_WORKING.get(top, {}))
        if spec.name == "wandb":
            vars(module).update(_wandb())
        if top == "d2l":
            vars(module).update(_d2l_of_tensors())
        if spec.name == "d2l":  # ``from d2l import torch as d2l`` looks here first
            vars(module)["torch"] = module
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing is left to do."""

    def _asked_by_student(self, depth: int = 2) -> bool:
        """Whether the import statement is in a file of the submission."""
        # Above find_spec are only frames of importlib until the one that imports.
        frame = sys._getframe(depth)
        while frame is not None:
            filename = frame.f_code.co_filename
            if filename in self._own_files:
                return True
            if not filename.startswith("<frozen importlib"):
                return False
            frame = frame.f_back  # type: ignore[assignment]
        return False


class UnusableFinder(MetaPathFinder):
    """Before the finders of libraries: finds what they would find in vain."""

    def __init__(self, standins: StandInFinder) -> None:
        self._standins = standins

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """A spec for a stand-in, or None."""
        return self._standins.find_unusable(name)


_INDENTED_IMPORT = re.compile(
    r"^[ \t]+(?:from[ \t]+(\w+)[\w.]*[ \t]+import\b|import[ \t]+([^\n#;]+))", re.MULTILINE
)


def unannounced(texts: Iterable[str], announced: Iterable[str]) -> list[Notice]:
    """Facts about the modules that the source `texts` import and a stand-in will replace.

    Those of imports inside functions, which are executed in a call, and those whose stand-in works
    for some names. Nothing is said of them; the judge only learns that they are not here.
    """
    # By lines: to parse every file once more could take longer than a load may.
    matches = [m for text in texts for m in _INDENTED_IMPORT.finditer(text)]
    lists = (m[1] or m[2] for m in matches)
    found = {
        name.strip().partition(" ")[0].partition(".")[0] for n in lists for name in n.split(",")
    }
    lacking = {name for name in found - sys.stdlib_module_names if _is_lacking(name)}
    lacking |= {n.partition(".")[0] for n, m in sys.modules.items() if isinstance(m, _InertModule)}
    return [Notice("lacking", name=name) for name in sorted(lacking - NEVER - {*announced})]


def _is_lacking(name: str) -> bool:
    if name in sys.modules or not name.isidentifier():
        return False
    try:
        return find_spec(name) is None
    except (ImportError, ValueError):  # of a finder of the student's
        return False
