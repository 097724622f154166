"""What the probes of ``poems`` declare of their answers; see :mod:`kit.declared`."""

from __future__ import annotations

from kit.declared import AnyForm, ByName, Form, Record, Several, Values, Words

_READING: dict[str, Form] = {
    "vectors": AnyForm(),
    "word_int_map": AnyForm(),
    "int_word_map": AnyForm(),
}
"""A vocabulary may be numbered from 0 or 1, and be a dict or a list."""

_SHAPES = ByName(Several(Values(0, "iu")))

ANSWERS = {
    "process": Record(_READING),
    # None for a reader that gives nothing.
    "readings": Record({"readings": Several(AnyForm())}),
    "lstm": Record({"kind": Words(), "shapes": _SHAPES, "output": Values()}),
    "forward": Record({"scores": Values()}),
    "forward_again": Record(
        {
            "first": Values(),
            "between": Several(Values(), least=1),
            "again": Values(),
            "training": Several(Values(), least=2),
        }
    ),
    "last_row": Record({"row": Values(), "scores": Values()}),
    "changes": Record({"scores": Several(Values())}),
    "slopes": Record({"autograd": Values(), "moved": Values()}),
    "to_word": Record({"word": Words()}),
    "batches": Record({"x": AnyForm(), "y": AnyForm()}),
    "generate": Record({"text": AnyForm()}),
    "write": Record({"text": AnyForm()}),
    "learn": Record({"state": ByName(Values()), "weights": ByName(Values()), "device": Words()}),
    "recall": Record({"scores": Values()}),
}
