"""Calls to third parties: the one way out of a silo, and out only."""
