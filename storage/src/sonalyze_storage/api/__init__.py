"""What comes in: HTTP, the same for every resource."""
