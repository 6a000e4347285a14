"""The memory of links."""
