"""An autograder for the recurrent-network lab. Run it as ``grader`` or ``python -m grader``."""

from __future__ import annotations

import sys
from pathlib import Path

__version__ = "0.1.0"

ROOT = Path(__file__).resolve().parent.parent
"""The checkout: ``starter/``, ``solutions/``, ``rubric.yaml`` lie here."""

# The kit has one home, starter/tests/kit, because students run it without the grader.
_KIT_HOME = str(ROOT / "starter" / "tests")
if _KIT_HOME not in sys.path:
    sys.path.insert(0, _KIT_HOME)
