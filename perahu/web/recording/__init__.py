"""The recording, one screen a step."""
