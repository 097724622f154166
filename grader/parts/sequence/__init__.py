"""The staff's side of the part sequence: hidden suite, known mistakes."""
