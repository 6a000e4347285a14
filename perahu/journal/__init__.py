"""The only writer of truth: an append-only, hash-chained, sealed book of facts."""
