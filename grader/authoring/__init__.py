"""What the course's authors run: cut the starter, publish, prove the suites."""
