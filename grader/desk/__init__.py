"""The desk: a local page on which people mark a graded class."""
