"""What a lobby and a session are and what may happen to them; pure."""
