"""The whole platform on a virtual clock: control and its regions as ``bootstrap`` wires them, in one process.

Everything that happens is the platform's own code: services, outbox, editions, kinds, signatures, repair. Only time,
the network, death and the order of events are the simulator's, by a seed. One thread does everything: while a call is
under way the world moves on inside it, so that every interleaving is one that the seed chose. After each step what the
silos show is judged by a model that knows what was asked of the platform and what was answered, and nothing else.

It may import both silos; nothing imports it. ``silo simulate`` starts it as a child process.
"""
