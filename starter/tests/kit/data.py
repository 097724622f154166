"""Names for the types of what checks and probes exchange."""

from __future__ import annotations

from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]
"""Arrays by name: weights, gradients, states."""

Arguments = dict[str, Any]
"""Arguments of a probe, or of a student's function, by name."""

Answer = dict[str, Any]
"""What a probe answers: plain data by name, see :mod:`kit.plain`."""
