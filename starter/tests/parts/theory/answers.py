"""What the probes of ``theory`` declare of their answers; see :mod:`kit.declared`."""

from __future__ import annotations

from kit.declared import Record, Several, Values, Words

_GRADIENTS = Record({name: Values() for name in ("dU", "dW", "db")})
_EACH = Record({name: Several(Values()) for name in ("dU", "dW", "db")})

ANSWERS = {
    "forward": Record({"h": Values(), "y": Values()}),
    "moved": Record({"losses": Values()}),
    "immediate": Record({"vectors": Several(Values())}),
    "delta": Record({"delta": Values()}),
    "summed": _EACH,
    "truncated": _GRADIENTS,
    "random_truncated": _GRADIENTS,
    "kept": Record({"changed": Words(), "read": Several(Words())}),
}
