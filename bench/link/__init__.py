"""A bad link between two network namespaces of one machine, made in user space."""
