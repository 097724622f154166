"""The staff's side of the part theory: hidden suite, known mistakes."""
