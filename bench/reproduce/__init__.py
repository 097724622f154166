"""What the course's documents report, beside what the solutions give: ``make reproduce``.

Each row is a run of the solutions at a stated setting (``rows``). What a run measures is kept as a
line of JSON (``records``), and ``docs/reproduction.md`` is rendered from those lines
(``document``), so a run that is stopped loses one row at most and the next one goes on.
"""
