"""The part char_lstm: its contract, cases, probes, checks and public tests."""
