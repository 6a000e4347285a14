"""The recording (perekaman) of a person, and what the centre says of it."""
