"""The staff's side of the lab's parts, one folder each."""
