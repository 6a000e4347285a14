"""The memory of links: which carrier brought what, how well, and why each contact ended."""
