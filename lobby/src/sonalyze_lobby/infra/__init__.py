"""What goes out: the database, the measurement service, the wall clock."""
