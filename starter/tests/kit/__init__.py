"""What students and the grader share: probes, runners, comparison, the closing table.

Nothing here imports the grader or the solutions. Everything here runs on Python 3.10 with
numpy alone, on any system, so that ``pytest starter/`` works on a student's laptop.
"""
