"""Scanners and printers behind ports, each with a simulator."""
