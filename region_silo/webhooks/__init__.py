"""What apps are told of issues, errors and comments, and where they are told it."""
