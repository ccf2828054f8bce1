"""What ``silo demo`` tells: an app on its way to the regions, a region lost and back, and that nothing was lost.

Owns the story, how it is shown, and the comparison of replicas at its end.
"""
