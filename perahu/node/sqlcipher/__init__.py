"""A Django database backend: SQLite as SQLCipher, opened with a raw 256-bit key.

Django finds it by the file name `base.py`; all of it is there.
"""
