"""The transactional outbox: one engine for both directions.

A message is a dirty key: "this object changed, and that silo does not know yet". It is written in the transaction that
changes the object, and says nothing about the change; the worker reads the object's current state when it delivers.
"""
