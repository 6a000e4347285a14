"""One person: the page, registering, correcting."""
