"""A class's hand-ins as learning platforms give them out: who handed in what, and when."""
