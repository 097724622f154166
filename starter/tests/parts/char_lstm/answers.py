"""What the probes of ``char_lstm`` declare of their answers; see :mod:`kit.declared`."""

from __future__ import annotations

from kit.declared import AnyForm, ByName, Record, Several, Values, Words

_STEP = Record({name: AnyForm() for name in ("raw", "grads", "weights")})
"""A gradient that is missing has a sentence of its own."""

_WAY = Record({"losses": Values(1), "grads": ByName(Values())})

ANSWERS = {
    "forward": Record({"logits": Values(), "hidden": AnyForm()}),
    "continued": Record({"logits": Values(), "hidden": AnyForm()}),
    "repeated": Record({name: Several(Values()) for name in ("training", "evaluation", "others")}),
    "in_both_modes": Record({mode: Several(Values()) for mode in ("training", "evaluation")}),
    "slopes": Record({"autograd": Values(), "moved": Values()}),
    "readings": Record({"logits": Several(Values())}),
    # Further values may follow the losses.
    "record": Record({"losses": AnyForm(), "steps": Several(_STEP)}),
    "right_steps": Record({"fresh": _WAY, "epoch": _WAY, "always": _WAY}),
    "learn": Record({"state": ByName(Values()), "weights": ByName(Values()), "device": Words()}),
    "recall": Record({"logits": Values()}),
    # Further values may follow a text.
    "generate": Record({"texts": Several(AnyForm())}),
}
