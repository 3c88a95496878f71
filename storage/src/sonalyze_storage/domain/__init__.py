"""What may be kept, without a word about where."""
