"""Bugs of the book: what is promised, flushed, healed and judged."""
