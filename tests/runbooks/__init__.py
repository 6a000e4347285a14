"""Each runbook in docs/runbooks is followed by its own text."""
