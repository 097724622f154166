"""What the part ``theory`` consists of."""

from __future__ import annotations

from kit.part import Part

CONTRACT = Part(
    id="theory",
    position=6,
    blanks=(
        "forward",
        "immediate_dz_du",
        "delta",
        "grads_from_delta",
        "truncated_grads",
        "random_truncated_grads",
    ),
    given=(),
    distinctive=(
        "immediate_dz_du",
        "grads_from_delta",
        "truncated_grads",
        "random_truncated_grads",
    ),
)
