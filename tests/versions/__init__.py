"""Old versions: books kept for ever, nodes of three versions, upgrades that are killed."""
