"""The staff's side of the part extensions: hidden suite, known mistakes."""
