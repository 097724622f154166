"""Questions to a student about the code that was handed in, with answers that were computed.

Each answer comes from a run of the student's own right functions on public inputs, in the same
confined workers as a grading. A question is help for a talk, never a mark.
"""
