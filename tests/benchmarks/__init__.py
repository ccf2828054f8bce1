"""Measured side by side in one run: ours, and a baseline beside it. Ratios, never assertions."""
