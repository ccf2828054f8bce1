"""Holding rows until the transaction ends. SQLite's transactions hold everything already."""

from typing import TypeVar

import peewee

from shared.database.dialect import Dialect
from shared.database.transaction import Transaction

M = TypeVar("M", bound=peewee.Model)


def for_update(tx: Transaction) -> str:
    """What ends a hand-written ``SELECT`` that holds its rows."""
    return " FOR UPDATE" if tx.database.dialect is Dialect.POSTGRESQL else ""


def locked(tx: Transaction, query: "peewee.ModelSelect[M]") -> "peewee.ModelSelect[M]":
    """The query, holding its rows."""
    return query.for_update() if tx.database.dialect is Dialect.POSTGRESQL else query
