"""An autograder for the recurrent-network lab. Run it as ``grader`` or ``python -m grader``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__version__ = "0.1.0"

PACKAGE = Path(__file__).resolve().parent
"""The folder of this package."""

HOME = PACKAGE.parent
"""The folder from which ``grader`` is imported: the checkout, or site-packages."""

_BUNDLE = PACKAGE / "bundle"

INSTALLED = _BUNDLE.is_dir()
"""Whether this is a wheel's copy. It then writes nothing beside its code."""

ROOT = _BUNDLE if INSTALLED else HOME
"""Where ``starter/``, ``solutions/``, ``presets/``, ``rubric.yaml`` lie."""

if INSTALLED:
    sys.dont_write_bytecode = True  # pip compiled the modules; pytest would cache the suites

# NumPy reads it when it is imported. Its threads spin while they wait for each other: on a busy
# machine they made the judge's small products ten times as slow, and a worker has one thread too.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# The kit has one home, starter/tests/kit, because students run it without the grader.
_KIT_HOME = str(ROOT / "starter" / "tests")
if _KIT_HOME not in sys.path:
    sys.path.insert(0, _KIT_HOME)
