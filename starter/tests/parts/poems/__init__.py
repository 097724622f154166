"""The part poems: its contract, cases, probes, checks and public tests."""
