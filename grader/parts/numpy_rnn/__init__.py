"""The staff's side of the part numpy_rnn: hidden suite, known mistakes."""
