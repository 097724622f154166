"""Do once in the server what every worker would repeat: lazy imports and first calls.

The first step of a torch optimiser alone imports torch._dynamo: most of a second and 110 MB that
no worker would share. Runs once in a server, inside its jail, single-threaded, before it serves.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import pkgutil
import sys
import warnings
from pathlib import Path
from typing import Any

# What student code is likely to import: workers share it if the server has imported it.
_STDLIB = (
    "argparse", "ast", "bisect", "codecs", "collections.abc", "contextlib", "copy", "csv",
    "ctypes", "dataclasses", "datetime", "decimal", "enum", "fractions", "functools", "glob",
    "hashlib", "heapq", "inspect", "io", "itertools", "json", "linecache", "logging", "math",
    "numbers", "operator", "os", "pathlib", "pickle", "platform", "pprint", "queue", "random",
    "re", "shutil", "signal", "statistics", "string", "struct", "tempfile", "textwrap",
    "threading", "time", "timeit", "traceback", "types", "typing", "unicodedata", "urllib.request",
    "warnings", "weakref", "zipfile",
)  # fmt: skip


def stdlib() -> None:
    """Modules of the standard library, and the names that `site` adds to builtins."""
    for name in _STDLIB:
        importlib.import_module(name)
    import site

    site.setquit()
    site.setcopyright()
    site.sethelper()


def numpy() -> str:
    """Import NumPy and what it imports lazily; returns its version."""
    import numpy as np

    rng = np.random.default_rng(0)
    np.random.seed(0)
    np.random.randn(2)
    square = rng.normal(size=(8, 8))
    np.linalg.norm(np.linalg.inv(square @ square.T + np.eye(8)))
    np.einsum("ij,jk->ik", square, square)
    np.fft.fft(square)
    np.testing.assert_allclose(square, square)
    return str(np.__version__)


def torch() -> str:
    """Import torch, take one training step with each usual layer; returns its version."""
    import torch as th
    from torch.utils.data import DataLoader, TensorDataset

    # Before the first operation: threads of the server would be missing after a fork.
    th.set_num_threads(1)
    th.manual_seed(0)
    x = th.randint(0, 5, (3, 4))
    for layer in (th.nn.RNN, th.nn.LSTM, th.nn.GRU):
        _step(th, th.nn.Embedding(5, 4), layer(4, 6, batch_first=True), th.nn.Linear(6, 5), x)
    th.nn.functional.conv1d(th.ones(1, 1, 4), th.ones(1, 1, 2))
    th.multinomial(th.softmax(th.ones(5), 0), 1)
    th.from_numpy(th.ones(3).numpy().copy())
    next(iter(DataLoader(TensorDataset(x, x), batch_size=2, shuffle=True)))
    importlib.import_module("torch._dynamo")
    return str(th.__version__)


def _step(th: Any, embed: Any, layer: Any, head: Any, x: Any) -> None:
    model = th.nn.ModuleList([embed, layer, head])
    for optimiser in (th.optim.SGD, th.optim.Adam, th.optim.AdamW):
        updater = optimiser(model.parameters(), lr=1e-3)
        updater.zero_grad()
        hidden, _ = layer(embed(x))
        loss = th.nn.functional.cross_entropy(head(hidden).flatten(0, 1), x.flatten())
        loss.backward()
        th.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        updater.step()


# Importing these has effects, or they belong to a desktop, to installers or to Python's own tests.
_NOT_FOR_ALL = {"antigravity", "this", "idlelib", "tkinter", "turtle", "turtledemo", "test", "venv",
                "ensurepip", "lib2to3", "pydoc_data", "msilib", "nt", "winreg",
                "winsound"}  # fmt: skip
_PACKAGES = ("asyncio", "collections", "concurrent.futures", "ctypes", "email", "encodings", "html",
             "http", "importlib", "json", "logging", "multiprocessing", "unittest", "urllib",
             "wsgiref", "xml.dom", "xml.etree", "xml.sax", "zoneinfo")  # fmt: skip
_OF_LIBRARIES = (
    "numpy.char", "numpy.ctypeslib", "numpy.exceptions", "numpy.f2py", "numpy.fft",
    "numpy.lib.format", "numpy.lib.recfunctions", "numpy.lib.scimath", "numpy.lib.stride_tricks",
    "numpy.linalg", "numpy.ma", "numpy.matlib", "numpy.polynomial", "numpy.random", "numpy.rec",
    "numpy.strings", "numpy.testing", "numpy.typing", "pypdf",
    "torch.amp", "torch.autograd.functional", "torch.autograd.gradcheck", "torch.cuda.amp",
    "torch.distributions", "torch.fft", "torch.func", "torch.hub", "torch.jit", "torch.linalg",
    "torch.nn.init", "torch.nn.parameter", "torch.nn.utils.parametrizations",
    "torch.nn.utils.rnn", "torch.nn.utils.weight_norm", "torch.optim.lr_scheduler",
    "torch.optim.swa_utils", "torch.profiler", "torch.random", "torch.sparse", "torch.special",
    "torch.testing", "torch.utils.checkpoint", "torch.utils.data",
    "torch.utils.data.dataset", "torch.utils.serialization",
)  # fmt: skip


def everything(lab: tuple[str, ...]) -> None:
    """Import whatever student code could import: in a reduced tier a worker cannot do it later.

    What is not installed is skipped: it would be missing in every tier.
    """
    names = [n for n in sys.stdlib_module_names if not n.startswith("_") and n not in _NOT_FOR_ALL]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # old modules
        for name in sorted(names):
            _try(name)
        for name in _PACKAGES:
            _try(name)
            for info in pkgutil.iter_modules(getattr(sys.modules.get(name), "__path__", ())):
                if info.name != "__main__":
                    _try(f"{name}.{info.name}")
        for name in _OF_LIBRARIES:
            if name.partition(".")[0] in sys.modules or name == "pypdf":
                _try(name)
    for folder in lab:
        for path in sorted(Path(folder).glob("*/probes*.py")):
            importlib.import_module(f"{path.parts[-3]}.{path.parts[-2]}.{path.stem}")
    _write_and_read()


def _try(name: str) -> None:
    with contextlib.suppress(ImportError, AttributeError):
        importlib.import_module(name)


def _write_and_read() -> None:
    """Make libraries import what they import only when they are given a file."""
    import numpy as np

    for write in (np.save, np.savez):
        file = io.BytesIO()
        write(file, np.ones((2, 2)))
        file.seek(0)
        np.load(file)
    if th := sys.modules.get("torch"):
        for zipped in (True, False):
            file = io.BytesIO()
            th.save(th.nn.Linear(2, 2).state_dict(), file, _use_new_zipfile_serialization=zipped)
            for weights_only in (True, False):
                file.seek(0)
                th.load(file, weights_only=weights_only)
    if pypdf := sys.modules.get("pypdf"):
        writer = pypdf.PdfWriter()
        writer.add_blank_page(72, 72)
        file = io.BytesIO()
        writer.write(file)
        pypdf.PdfReader(file).pages[0].extract_text()
