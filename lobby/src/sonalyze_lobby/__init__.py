"""Lobbies, the roles in them, and the protocol in which their devices measure a room."""
