"""Words, dates and sizes as Indonesians write them."""
