"""Other nodes' sealed files, carried until they have arrived."""
