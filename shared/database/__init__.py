"""Both databases, SQLite (WAL) and PostgreSQL: connections, sessions, transactions, models, columns, dialects.

Several silos live in one process, so a model has no database of its own. It uses the one whose ``session()``,
``snapshot()`` or ``transaction()`` surrounds the statement, in this thread and context.
"""
