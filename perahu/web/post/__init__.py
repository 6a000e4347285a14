"""Sending and the courier."""
