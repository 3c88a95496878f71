"""What comes in: sockets, proxied requests, broadcasts."""
