"""Trips of the field laptop to a desa: whom to visit, what goes along, what is back."""
