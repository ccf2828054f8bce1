"""A region's tables, one module per noun. The state of a replica is the message that its owner sent."""
