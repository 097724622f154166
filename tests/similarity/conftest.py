"""The engine is an extra, and the planted copies are the benchmark's."""

from __future__ import annotations

import importlib.util
import sys

from grader import ROOT

sys.path.insert(0, str(ROOT / "bench"))

collect_ignore = [] if importlib.util.find_spec("copydetect") else ["test_similarity.py"]
