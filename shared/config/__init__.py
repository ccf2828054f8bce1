"""The typed environment: read once, in ``__main__``; every problem is reported together."""
