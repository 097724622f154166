"""The engine is an extra, and the planted copies are the benchmark's."""

from __future__ import annotations

import sys

import pytest

from grader import ROOT

pytest.importorskip("copydetect")
sys.path.insert(0, str(ROOT / "bench"))
