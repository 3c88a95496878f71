"""What the gateway decides, without a socket, a clock or a network."""
