"""Bugs of the desks: what is printed, moved and counted."""
