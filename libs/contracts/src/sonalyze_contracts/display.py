"""The figures that an app shows first, ready to print."""

from collections.abc import Callable
from dataclasses import dataclass

from sonalyze_contracts.model import Model


class DisplayMetric(Model):
    """One figure with everything an app needs to show it."""

    key: str
    label: str
    value: float
    formatted_value: str
    unit: str
    description: str
    icon: str
    category: str
    sort_order: int


@dataclass(frozen=True, slots=True)
class _Shown:
    key: str
    label: str
    unit: str
    form: Callable[[float], str]
    description: str
    icon: str
    category: str


def _two(value: float) -> str:
    return f"{value:.2f}"


def _one(value: float) -> str:
    return f"{value:.1f}"


def _percent(value: float) -> str:
    return f"{100 * value:.0f}"


_ROWS = {
    "rt60_s": _Shown(
        "rt60",
        "RT60",
        "s",
        _two,
        "Time in which sound decays by 60 dB, at 500 Hz and 1 kHz",
        "timer",
        "reverberation",
    ),
    "edt_s": _Shown(
        "edt",
        "EDT",
        "s",
        _two,
        "Early decay time: how reverberant the room feels",
        "speed",
        "reverberation",
    ),
    "sti": _Shown(
        "sti",
        "STI",
        "",
        _two,
        "Speech transmission index: 0 is unintelligible, 1 is perfect",
        "record_voice_over",
        "intelligibility",
    ),
    "c50_db": _Shown(
        "c50",
        "C50",
        "dB",
        _one,
        "Clarity of speech: energy before against after 50 ms",
        "hearing",
        "clarity",
    ),
    "c80_db": _Shown(
        "c80",
        "C80",
        "dB",
        _one,
        "Clarity of music: energy before against after 80 ms",
        "music_note",
        "clarity",
    ),
    "d50": _Shown(
        "d50",
        "D50",
        "%",
        _percent,
        "Definition: share of the energy within 50 ms",
        "graphic_eq",
        "clarity",
    ),
    "drr_db": _Shown(
        "drr",
        "DRR",
        "dB",
        _one,
        "Direct against reverberant energy",
        "surround_sound",
        "spatial",
    ),
    "snr_db": _Shown(
        "snr",
        "SNR",
        "dB",
        _one,
        "Signal against noise in the recording",
        "signal_cellular_alt",
        "quality",
    ),
}


def display_metrics(**values: float | None) -> list[DisplayMetric]:
    """Show the given values in their documented order; what is None is left out."""
    present = [(row, values[name]) for name, row in _ROWS.items() if values.get(name) is not None]
    return [
        DisplayMetric(
            key=row.key,
            label=row.label,
            value=value,
            formatted_value=row.form(value),
            unit=row.unit,
            description=row.description,
            icon=row.icon,
            category=row.category,
            sort_order=order,
        )
        for order, (row, value) in enumerate(present)
        if value is not None
    ]
