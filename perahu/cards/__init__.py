"""Print rights, printing, hand-over, and every blank card accounted for."""
