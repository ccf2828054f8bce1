"""How control tells regions what changed."""
