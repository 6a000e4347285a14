"""A courier file: written, read and mended."""
