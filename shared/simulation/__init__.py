"""The simulator: replication under a hostile network, in one process, on a virtual clock, by a seed.

What it runs is the platform's own: enqueue, claim, drain, deliver, apply, over in-process channels and real databases.
Only time, the network and the order of events are its. One thread does everything: while a call is under way, the
world moves on inside it, so that every interleaving is one that the seed chose, and the same seed tells the same story.
"""
