"""What the platform asks of apps while somebody waits for the answer: choices, tickets, alert actions (spec §8.4).

The same on every silo: each gives its client, and the log in which it keeps its calls.
"""
