"""Pay in the server what every worker would pay again: lazy imports and first calls.

The first step of a torch optimiser alone imports torch._dynamo: most of a second and 110 MB that
no worker would share. Runs once in a server, inside its jail, single-threaded, before it serves.
"""

from __future__ import annotations

import importlib
from typing import Any

# What student code is likely to import: shared by all workers if the server has it.
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
    """Import NumPy, touch what it imports lazily; its version."""
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
    """Import torch, take a step of each usual kind; its version."""
    import torch as th
    from torch.utils.data import DataLoader, TensorDataset

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
