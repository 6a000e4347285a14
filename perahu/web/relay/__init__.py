"""Other nodes' post: what this node carries, for whom, and how it goes on."""
