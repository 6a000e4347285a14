"""Who may sign what: sign, verify, seal and erase. Plain Python, no Django."""
