"""A ceiling for the memory of one piece of work, taken away when it is done.

What is limited is the process's private data (``RLIMIT_DATA``: the heap and anonymous mappings,
since Linux 4.7), not its address space, in which libraries reserve far more than they use. Where
the system does not enforce it (macOS), nothing is limited.
"""

import resource
from collections.abc import Iterator
from contextlib import contextmanager

_MIB = 1 << 20


@contextmanager
def limited_memory(limit_mib: int | None) -> Iterator[None]:
    """Let allocations fail, in the block, that would take the process above the limit."""
    if limit_mib is None:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limit = limit_mib * _MIB
    lowered = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (lowered, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
