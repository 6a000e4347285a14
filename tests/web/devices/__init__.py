"""Tests of the devices that a browser is: webcam, canvas, QR camera."""
