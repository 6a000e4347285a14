"""What the hub decides, and what a person must decide."""
