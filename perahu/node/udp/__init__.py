"""Road B on sockets."""
