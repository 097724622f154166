"""The part sequence: its contract, cases, probes, checks and public tests."""
