"""Folders and environment variables of a worker process, named once for the judge and the worker.

In the tier "full" the folders are mounts in the jail; in the reduced tiers `grader.worker.memory`
serves the same paths from memory, so that student code sees the same names in every tier.
Standard library only: the fork server imports it before it enters its jail.
"""

from __future__ import annotations

import signal
from typing import Final

SCRATCH: Final = "/scratch"
"""The only folder that student code may write in; private to one worker and bounded."""

WORK: Final = f"{SCRATCH}/work"
"""The working directory of a worker."""

TEMP: Final = f"{SCRATCH}/tmp"
"""``TMPDIR``, and what ``/tmp`` leads to."""

# The C library's path for shared memory, which torch uses; the jail mounts one for each worker.
SHARED_MEMORY: Final = "/dev/shm"

TIER_VARIABLE: Final = "LAB_TIER"
"""Holds the tier of confinement: a worker serves files from memory in the reduced ones."""

SCRATCH_MB_VARIABLE: Final = "LAB_SCRATCH_MB"
"""Holds the size of the scratch folder, which files in memory must not exceed either."""

POSITION_SIGNAL: Final = signal.SIGUSR1
"""By it the judge asks a worker where its code is (:class:`grader.protocol.messages.Position`)."""

REDUCED_TIERS: Final = ("landlock", "seccomp")
"""Tiers that confine student code but give it no folder to write in."""
