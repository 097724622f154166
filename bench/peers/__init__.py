"""This grader beside what people would use instead: ``make bench-peers``.

The same four checks (``checks``) of the same five hand-ins (``hand_ins``), each by a whole process
as a user starts it (``contestants``). ``python -m peers`` writes ``docs/peers.md``.
"""
