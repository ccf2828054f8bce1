"""What clients send to control and read from it, a module a noun. See ``shared.bodies``."""
