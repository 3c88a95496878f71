"""The memory of the system: seven resources, one way to keep them."""
