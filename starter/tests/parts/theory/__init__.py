"""The part theory: its contract, cases, probes, checks and public tests."""
