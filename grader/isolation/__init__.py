"""The judge's side of a worker: runners, fork servers, limits, redaction of untrusted text."""
