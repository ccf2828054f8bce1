"""What a region knows of each category that is replicated: one file a kind."""
