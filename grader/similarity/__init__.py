"""Whose code is alike: pairs of hand-ins for staff to look at. Never a mark."""
