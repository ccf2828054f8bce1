"""A platform on this machine: every silo a process of its own, on loopback, on SQLite.

Owns the processes, their addresses, their files and their first start. ``running_platform`` puts the rest together.
"""
