"""The engine that students and the grader share: runners, binding, comparison, pytest plugin.

Nothing here imports the grader or the solutions. Everything here runs on Python 3.10 with
numpy and pytest alone, on any system, so that ``pytest starter/`` works on a student's laptop.
"""
