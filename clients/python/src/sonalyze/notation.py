"""How figures are written, in tables and in pictures."""

MISSING = "—"


def frequency(center_hz: float) -> str:
    """Name a band as people do."""
    return f"{center_hz / 1000:g} kHz" if center_hz >= 1000 else f"{center_hz:g} Hz"  # noqa: PLR2004  kilo


def spread(error: float, digits: int) -> str:
    """Write a standard uncertainty with its value's digits, or one more if it were 0 with those.

    What is less still is written as the least that can be.

    >>> spread(0.012, 2), spread(0.004, 2), spread(0.00001, 2), spread(12.3, 0)
    ('±0.01', '±0.004', '±0.001', '±12')
    """
    shown = digits if error >= 10.0**-digits else digits + 1
    return f"±{max(error, 10.0**-shown):.{shown}f}"
