"""Control's tables, one module per noun. Peewee models are the values of this silo."""
