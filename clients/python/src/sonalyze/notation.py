"""How figures are written, in tables and in pictures."""

import math

MISSING = "—"


def frequency(center_hz: float) -> str:
    """Name a band as people do."""
    return f"{center_hz / 1000:g} kHz" if center_hz >= 1000 else f"{center_hz:g} Hz"  # noqa: PLR2004  kilo


def spread(error: float, digits: int) -> str:
    """Write a standard uncertainty with its value's digits, or more until one is not 0.

    >>> spread(0.012, 2), spread(0.0004, 2), spread(12.3, 0)
    ('±0.01', '±0.0004', '±12')
    """
    decimals = digits if error <= 0 else max(digits, -math.floor(math.log10(error)))
    return f"±{error:.{decimals}f}"
