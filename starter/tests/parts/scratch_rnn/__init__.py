"""The part scratch_rnn: its contract, cases, probes, checks and public tests."""
