"""How the property tests draw their examples, and with which secret the tests grade.

By default both are the same in every run, so that a run that fails fails again. With
``HYPOTHESIS_PROFILE=explore`` (``make explore``) the draws are random and ten times as many.
"""

from __future__ import annotations

import os

import hypothesis
from hypothesis import HealthCheck
from hypothesis.internal.conjecture import providers

PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "reproducible")
_MORE = 10 if PROFILE == "explore" else 1

SECRET = os.environ.get("RNN_TEST_SECRET", "5e" * 32)
"""The course secret of the tests: hidden inputs are the same in every run."""


def examples(count: int) -> int:
    """How many examples a test draws: `count`, and more where random draws are asked for."""
    return count * _MORE


def load_profile() -> None:
    """Choose how the property tests draw; before any of them is defined."""
    # A deadline, or a limit on the time of a draw, would make an outcome depend on the load.
    always = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
    hypothesis.settings.register_profile("reproducible", derandomize=True, database=None, **always)
    hypothesis.settings.register_profile(
        "explore", derandomize=False, max_examples=examples(100), print_blob=True, **always
    )
    hypothesis.settings.load_profile(PROFILE)
    if PROFILE != "explore":
        # Hypothesis also draws from the constants of every module that happens to be loaded:
        # from others when the tests run in another order, and after each edit of the code.
        providers._get_local_constants = lambda: providers._local_constants
