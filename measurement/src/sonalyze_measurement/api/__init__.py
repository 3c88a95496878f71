"""What comes in: HTTP, uploads, events."""
