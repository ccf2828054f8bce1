"""How many files and connections this process may have open. Owns the sharing of them out."""

import resource


def share_of_descriptors(divisor: int, *, at_most: int) -> int:
    """Connections that one purpose may have.

    Args:
        divisor: this part of all is the purpose's: 2 for a half.
        at_most: whatever the process may open.
    """
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return at_most if allowed == resource.RLIM_INFINITY else min(at_most, allowed // divisor)
