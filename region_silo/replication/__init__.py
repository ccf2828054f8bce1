"""How a region tells control what changed, and what it holds."""
