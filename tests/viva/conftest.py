"""The corpus of right code is the benchmark's."""

from __future__ import annotations

import sys

from grader import ROOT

sys.path.insert(0, str(ROOT / "bench"))
