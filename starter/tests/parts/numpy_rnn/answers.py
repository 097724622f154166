"""What the probes of ``numpy_rnn`` declare of their answers; see :mod:`kit.declared`."""

from __future__ import annotations

from kit.declared import AnyForm, ByName, Flag, Number, Record, Several, Values

_GRADIENTS = {name: Values() for name in ("dWxh", "dWhh", "dbh", "dWhy", "dby", "dh0")}
_WEIGHTS = {name: Values() for name in ("Wxh", "Whh", "bh", "Why", "by")}

ANSWERS = {
    "forward": Record({"logits": Values(), "h_T": Values()}),
    "forward_again": Record({"first": Values(), "between": Values(), "again": Values()}),
    "backward": Record(_GRADIENTS | {"norms": Values(), "first": ByName(Values())}),
    "perturbed": Record({"logits": Values()}),
    # A student may return the errors in a dict, a list or alone.
    "gradient_check": Record(
        {"errors": AnyForm(), "weights": ByName(Values()), "moved": ByName(Flag())}
    ),
    "clip_by_norm": Record({"norm": Number(), "grads": Several(Values())}),
    # Further values may follow a text.
    "sample": Record({"texts": Several(AnyForm()), "takes_rng": Flag()}),
    "learn": Record(_WEIGHTS),
    "kept": Record(
        {
            **{name: Values() for name in ("X_batch", "h0", "dlogits", "logits", "other")},
            "h_T_moved": Flag(),
            "weights_moved": ByName(Flag()),
        }
    ),
}
