"""Submissions that try to earn what they have not done, and what grades and judges them."""
