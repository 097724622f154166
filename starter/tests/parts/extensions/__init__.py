"""The part extensions: its contract, cases, probes, checks and public tests."""
