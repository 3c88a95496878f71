"""Pictures of an analysis. The only package of the client that knows matplotlib (extra `plot`)."""
