"""The schema as it came to be, one step per file."""
