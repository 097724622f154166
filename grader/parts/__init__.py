"""The staff's side of the lab's parts, one folder each.

A folder holds ``spec.py`` (what the engine must know of the part), ``test_hidden.py`` (its hidden
checks), ``mistakes.yaml`` (the known mistakes that they must see), and helpers of the spec.
"""
