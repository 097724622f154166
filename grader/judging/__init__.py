"""The run of the suites for one submission: judge, pytest plugin, evidence."""
