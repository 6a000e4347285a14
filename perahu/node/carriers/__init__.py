"""The carriers to the parent: which may be used, how each is, what is wrong with one."""
