"""``silo receiver``: the app of `silo app example` as a server on this machine, to see a webhook arrive."""
