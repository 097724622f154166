"""What is kept: results by key, histories, the gradebook and the final marks."""
