"""Sonalyze from outside: a typed SDK, phones that exist only in memory, and the command line."""
