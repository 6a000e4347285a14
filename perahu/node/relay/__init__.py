"""What this node carries for others, and the letters it gives along."""
