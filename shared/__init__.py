"""What both silos agree on. Imports neither silo."""
