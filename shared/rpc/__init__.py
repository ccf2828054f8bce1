"""How silos talk: signed, typed gRPC that is the same over TCP and inside one process.

Owns the wire between silos: ``channel.connect`` for whoever calls, ``server.serve`` for whoever answers, and what lies
between (``signature``, ``status``, ``retry``, ``interceptors``, ``served``, ``inprocess``, ``tls``). Refuses to know
any service, any table and any rule of the platform.
"""
