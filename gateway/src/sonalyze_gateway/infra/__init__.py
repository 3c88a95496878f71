"""What goes out: HTTP to the services."""
