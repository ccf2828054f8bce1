"""Decisions, and what is written about the code from the code."""
