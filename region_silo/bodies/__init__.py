"""What clients send to a region and read from it, a module a noun, and its links. See ``shared.bodies``."""
