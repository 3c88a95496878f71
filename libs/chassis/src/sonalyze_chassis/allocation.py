"""How the C library keeps freed memory.

glibc gives a freed buffer of a few hundred KiB back to the kernel at once and has the next one
mapped anew, page by page. A body that streams through in such buffers costs more time in page
faults than in anything else.
"""

import ctypes
import sys

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""Parameters of mallopt(3), from glibc's malloc.h."""

LARGEST_KEPT_BYTES = 1 << 20
"""Larger blocks are still mapped and given back one by one."""

MOST_KEPT_BYTES = 8 << 20
"""Free memory at the end of the heap beyond this is given back."""


def keep_buffers() -> None:
    """Let freed buffers be used again; does nothing where the C library is another one."""
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, LARGEST_KEPT_BYTES)
        mallopt(_M_TRIM_THRESHOLD, MOST_KEPT_BYTES)
