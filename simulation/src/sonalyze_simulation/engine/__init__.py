"""Room acoustics from geometry: pure functions on arrays, no I/O and no framework."""
