"""The parts of the lab, one folder each."""
