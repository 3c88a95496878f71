"""The signal, the recordings of it, and what they say about a room."""
