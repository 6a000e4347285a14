"""`bench road`: our two nodes and their peers on the same bad link."""
