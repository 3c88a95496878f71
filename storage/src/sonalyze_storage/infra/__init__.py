"""What goes out: tables, the statements on them, and what their refusals mean."""
