"""``silo dev``: the platform around one app while it is being written."""
