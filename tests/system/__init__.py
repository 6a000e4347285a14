"""Whole nodes at work: real folders, books, sockets and processes, and everything that
can befall them."""
