"""What the probes of ``scratch_rnn`` declare of their answers; see :mod:`kit.declared`."""

from __future__ import annotations

from kit.declared import AnyForm, ByName, Flag, Number, Record, Several, Values, Words

_BATCH = Record({"X": AnyForm(), "Y": AnyForm(), "tensors": Flag()})
_CALL = Record({"state": Values(), "attached": Flag()})
_WEIGHTS = Record({"E": Values(), "Q": Values()})

ANSWERS = {
    "get_params": Record(
        {"params": AnyForm(), "requires_grad": Several(Flag()), "leaf": Several(Flag())}
    ),
    "init_state": Record({"state": AnyForm()}),
    "rnn": Record({"outputs": Values(), "state": AnyForm()}),
    "continued": Record({"outputs": Values(), "state": AnyForm()}),
    "rnn_slopes": Record({"autograd": Values(), "moved": Values()}),
    "model": Record(
        {
            "sizes": AnyForm(),
            "inputs": Values(),
            "state": AnyForm(),
            "params": AnyForm(),
            "outputs": Values(),
            "new": AnyForm(),
        }
    ),
    "begin_state": Record({"state": AnyForm(), "params": AnyForm()}),
    "module": Record({"outputs": Values(), "state": AnyForm()}),
    # None for a parameter that no gradient reached.
    "module_slopes": Record({"outputs": Values(), "grads": ByName(AnyForm()), "again": Values()}),
    "module_state": Record({"state": AnyForm(), "alone": AnyForm()}),
    "batches": Record({"epochs": Several(Several(_BATCH))}),
    "predict": Record({"text": Words()}),
    "clip": Record({"grads": Several(AnyForm())}),
    "epoch": Record(
        {
            "returned": AnyForm(),
            "steps": Several(_WEIGHTS),
            "calls": Several(_CALL),
            "begun": Several(AnyForm()),
            "told": Several(Number()),
            "seconds": Number(),
            "paused": Number(),
        }
    ),
    "learn": Record({"params": ByName(Values()), "device": Words()}),
    "recall": Record({"scores": Values()}),
}
