"""Names, signals and uploads as values with rules."""
