"""The desk commands in real folders, with simulated scanners and a simulated printer."""
