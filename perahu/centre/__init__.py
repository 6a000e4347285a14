"""The Ministry's side behind a port, with a simulator."""
