"""The services as child processes of the command line: embedded, without Docker."""
