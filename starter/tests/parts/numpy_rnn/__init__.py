"""The part numpy_rnn: its contract, cases, probes, checks and public tests."""
