"""The commands of `perahu`, one file each.

A command's module has NAME, HELP, `add_arguments(parser, say)` and `run(words)`; cli.py
finds it by its name in COMMANDS.
"""
