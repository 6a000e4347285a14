"""Pages of a node."""
