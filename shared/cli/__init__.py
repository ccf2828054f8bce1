"""The command ``silo``: the platform from a terminal, for people and for scripts.

Owns what is typed and what is printed. It starts the silos as child processes and talks REST and gRPC with them like
any other client, so it imports neither. ``main`` names the commands; ``local`` runs a platform on this machine;
``story`` is what ``silo demo`` tells.
"""
