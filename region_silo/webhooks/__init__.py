"""What apps are told of issues, errors and comments: made from the present state when it is sent."""
