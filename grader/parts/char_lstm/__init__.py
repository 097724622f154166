"""The staff's side of the part char_lstm: hidden suite, known mistakes."""
