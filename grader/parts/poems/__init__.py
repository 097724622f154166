"""The staff's side of the part poems: hidden suite, known mistakes."""
