"""What a silo remembers of its peers in its own database: keys that were added or revoked while it ran."""
