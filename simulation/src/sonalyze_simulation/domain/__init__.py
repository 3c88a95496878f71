"""What a room is, what its surfaces do, and what a simulation of it may cost."""
