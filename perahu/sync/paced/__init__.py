"""Road B: a stream of bytes in paced datagrams, with no socket and no clock."""
