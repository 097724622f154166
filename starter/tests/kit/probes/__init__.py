"""Probes: small functions that exercise a submission and return plain evidence.

A probe runs where the student's code is. It gets everything from outside (weights, states,
inputs), calls the student's code by its contract and returns what came back. It never says
whether that is right, and the right answer cannot be read off its inputs.
"""
