"""The gradebook in the formats of other systems, one module for each."""
