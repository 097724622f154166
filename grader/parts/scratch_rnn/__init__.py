"""The staff's side of the part scratch_rnn: hidden suite, known mistakes."""
