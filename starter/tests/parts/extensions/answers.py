"""What the probes of ``extensions`` declare of their answers; see :mod:`kit.declared`."""

from __future__ import annotations

from kit.declared import AnyForm, ByName, Flag, Record, Several, Values

ANSWERS = {
    "adam": Record({"history": Several(Several(Values())), "kept": Flag()}),
    "early_stopping": Record({"said": Several(AnyForm())}),
    "rates": Record({"values": Several(AnyForm())}),
    "acrostic": Record({"lines": AnyForm()}),
    "layout": Record({"shapes": ByName(Several(Values(0, "iu")))}),
    "forward": Record({"logits": Values(), "h_T": Values()}),
    "forward_again": Record({"first": Values(), "again": Values()}),
    "backward": Record({"dh0": Values(), "grads": ByName(Values())}),
    "perturbed": Record({"logits": Values()}),
}
