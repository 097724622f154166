"""Records, errors, settings and digests that everything above uses."""
