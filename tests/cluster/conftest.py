"""The engine is an extra."""

from __future__ import annotations

import importlib.util

collect_ignore = (
    []
    if importlib.util.find_spec("distributed")
    else ["fake_workers.py", "loopback.py", "test_cluster_pool.py", "test_kills.py"]
)
