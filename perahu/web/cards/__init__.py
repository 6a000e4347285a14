"""Printing, handing over, and the stock of blanks."""
