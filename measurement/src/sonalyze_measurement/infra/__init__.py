"""What goes out: folders, audio files, the child processes' side of the numbers."""
