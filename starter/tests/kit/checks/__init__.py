"""What is asked of a probe's evidence. Public and hidden checks call the same functions.

Each function takes the seat of a submission (``lab``), the inputs and the expected values; it
returns nothing or raises a :class:`kit.outcomes.Verdict`.
"""
