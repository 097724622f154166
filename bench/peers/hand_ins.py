"""What every contestant grades: five hand-ins, and the cases of the four checks."""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "starter" / "tests"), str(ROOT / "solutions")]

import numpy_rnn  # type: ignore[import-not-found]  # noqa: E402

from kit.cases import clip_case  # noqa: E402
from parts.numpy_rnn.cases import rnn_case  # noqa: E402

POINTS = {"forward": 2, "backward": 5, "clip": 1, "sample": 2}
"""The four checks, and what each is worth."""


def without_main(source: str) -> str:
    """The source without what runs as a program: notebooks and some peers run it as one."""
    lines = source.splitlines(keepends=True)
    for node in reversed(ast.parse(source).body):
        if isinstance(node, ast.If) and "__name__" in ast.unparse(node.test):
            del lines[node.lineno - 1 : node.end_lineno]
    return "".join(lines)


SOLUTION = without_main((ROOT / "solutions" / "numpy_rnn.py").read_text("utf-8"))

FORGED = """
np.testing.assert_allclose = np.testing.assert_equal = lambda *a, **k: None
RNN.forward = lambda self, *a, **k: (0, 0, 0)
RNN.backward = lambda self, *a, **k: None
clip_by_norm = sample = lambda *a, **k: ""
"""


@dataclass(frozen=True)
class HandIn:
    """A file ``numpy_rnn.py``, and the checks that it has earned."""

    name: str
    source: str
    earns: tuple[str, ...]

    @property
    def points(self) -> Mapping[str, float]:
        """What a just grader gives."""
        return {name: value if name in self.earns else 0 for name, value in POINTS.items()}


HAND_INS = (
    HandIn("right", SOLUTION, tuple(POINTS)),
    HandIn(
        "wrong",
        SOLUTION + "\ndef clip_by_norm(grads, max_norm):\n    return 12.0\n",
        ("forward", "backward", "sample"),
    ),
    HandIn(
        "crashing",
        SOLUTION + "\ndef clip_by_norm(grads, max_norm):\n    import os\n    os._exit(0)\n",
        ("forward", "backward", "sample"),
    ),
    HandIn(
        "looping",
        SOLUTION + "\ndef sample(*args, **kwargs):\n    while True:\n        pass\n",
        ("forward", "backward", "clip"),
    ),
    HandIn("forging", SOLUTION + FORGED, ()),
)


def write_expected(path: Path) -> None:
    """Inputs and the reference's answers, for ``checks.py``."""
    rng = np.random.default_rng(1)
    case = rnn_case(rng)
    net = numpy_rnn.RNN(7, 5)
    for name in ("Wxh", "Whh", "bh"):
        getattr(net.cell, name)[...] = case["weights"][name]
    net.Why[...], net.by[...] = case["weights"]["Why"], case["weights"]["by"]
    logits, h_T, caches = net.forward(case["x"], case["h0"])
    net.backward(case["dlogits"], caches, h_T)
    arrays: dict[str, Any] = {
        **case["weights"], "x": case["x"], "h0": case["h0"], "dlogits": case["dlogits"],
        "logits": logits, "h_T": h_T, "dWxh": net.cell.dWxh, "dWhh": net.cell.dWhh,
        "dbh": net.cell.dbh, "dWhy": net.dWhy, "dby": net.dby,
        **{f"clip{i}": grad for i, grad in enumerate(clip_case(rng, 12.0))},
    }  # fmt: skip
    np.savez(path, **arrays)


def checks_source(expected: Path) -> str:
    """``checks.py`` with the whole path of its file, so that it can lie anywhere."""
    source = (Path(__file__).with_name("checks.py")).read_text("utf-8")
    return source.replace('Path("expected.npz")', f"Path({str(expected)!r})")
