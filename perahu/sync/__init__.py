"""One exchange, any road: frames over TLS or in a courier file."""
