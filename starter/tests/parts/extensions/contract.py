"""What the part ``extensions`` consists of."""

from __future__ import annotations

from kit.part import Part

CONTRACT = Part(
    id="extensions",
    position=7,
    blanks=(
        "Adam",
        "Adam.step",
        "EarlyStopping",
        "EarlyStopping.update",
        "exponential_decay",
        "cosine_decay",
        "GRU",
        "GRU.forward",
        "GRU.backward",
        "BiRNN",
        "BiRNN.forward",
        "BiRNN.backward",
        "acrostic",
    ),
    given=(),
    distinctive=(
        "Adam",
        "EarlyStopping",
        "exponential_decay",
        "cosine_decay",
        "GRU",
        "BiRNN",
        "acrostic",
    ),
    optional=True,
)
