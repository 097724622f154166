"""How points are written: exactly, as in the rubric, or rounded to two decimals for a reader."""

from __future__ import annotations

from fractions import Fraction


def show_points(points: Fraction) -> str:
    """Points as they would be written in the rubric: 12, 0.25 or 1/3."""
    # The rubric allows six decimals, so its own points print as they were written.
    scaled = points * 10**6
    if scaled.denominator != 1:
        return str(points)
    return f"{float(points):.6f}".rstrip("0").rstrip(".")


def decimal2(points: Fraction, maximum: Fraction | None = None) -> str:
    """`points` with two decimals, rounded once, half to even.

    What lies below `maximum` is never printed as `maximum` or more.
    """
    # A fraction is rounded exactly, half to even; a float would have been rounded before.
    hundredths = round(points * 100)
    # 99.996 must not read as full marks beside a check that lost something.
    if maximum is not None and points < maximum:
        hundredths = min(hundredths, round(maximum * 100) - 1)
    # By sign and size, since divmod rounds down: -25 hundredths would give -1 and 75.
    sign = "-" if hundredths < 0 else ""
    whole, rest = divmod(abs(hundredths), 100)
    return f"{sign}{whole}.{rest:02d}"
