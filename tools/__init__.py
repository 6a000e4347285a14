"""Tools for those who build Perahu; nothing here runs in an office."""
