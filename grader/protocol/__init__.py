"""What crosses the wire between the judge and a worker, and how it is encoded."""
