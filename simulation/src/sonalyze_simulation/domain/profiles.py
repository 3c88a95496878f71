"""Reference profiles: what a good room of its kind is like.

The reverberation time is the documented target; the other figures are those of a diffuse field of
that reverberation time (Kuttruff, Room Acoustics), for the volume and the distance that the
profile names. `min_value` and `max_value` are the range
within which apps draw a figure, `target_min` and `target_max` the range that is good.
"""

import math
from dataclasses import dataclass
from typing import Final

from sonalyze_contracts.simulation_materials import (
    ProfileMetric,
    ReferenceProfile,
    ReferenceProfiles,
)

DECAY_EXPONENT: Final = 6 * math.log(10)
"""Energy falls by exp(-this t / T): 60 dB in the reverberation time."""

CRITICAL_DISTANCE: Final = 0.057
"""Metres per sqrt(m3 / s): where direct and reverberant sound of a point source are equal."""

DIN_18041: Final = 0.2
"""Share by which DIN 18041 lets middle octaves deviate from the target."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A kind of room: the target, a typical volume, and how far its listener is."""

    id: str
    display_name: str
    target_s: tuple[float, float]
    volume_m3: float
    distance_m: float
    notes: str


def _around(target_s: float) -> tuple[float, float]:
    return target_s * (1 - DIN_18041), target_s * (1 + DIN_18041)


PROFILES: Final = (
    Profile("iec_listening_room", "Listening room", (0.3, 0.4), 80, 3, "IEC 60268-13."),
    Profile("classroom_good", "Classroom, good", (0.4, 0.6), 200, 5, "ANSI S12.60: up to 0.6 s."),
    Profile("classroom_typical", "Classroom, untreated", (0.8, 1.2), 200, 5, "As often found."),
    Profile("lecture_hall", "Lecture hall", (0.8, 1.0), 1_500, 10, "DIN 18041, speech."),
    Profile("concert_hall", "Concert hall", (1.8, 2.2), 18_000, 20, "Beranek, Concert Halls."),
    Profile("classroom", "Classroom", _around(0.6), 200, 5, "DIN 18041, teaching."),
    Profile("home_theater", "Home theatre", _around(0.4), 60, 3, "Cinema at home."),
    Profile("recording_studio", "Recording studio", _around(0.3), 80, 2, "EBU Tech 3276."),
    Profile("office", "Office", _around(0.5), 60, 3, "A room for a few people."),
)


def reference_profiles() -> ReferenceProfiles:
    """List every profile."""
    return ReferenceProfiles(profiles=[_view(profile) for profile in PROFILES])


def _view(profile: Profile) -> ReferenceProfile:
    low_s, high_s = (round(limit_s, 2) for limit_s in profile.target_s)
    time_s = (low_s + high_s) / 2
    return ReferenceProfile(
        id=profile.id,
        display_name=profile.display_name,
        notes=(
            f"{profile.notes} Reverberation time {low_s:g} to {high_s:g} s; the other figures are "
            f"those of a diffuse field in {profile.volume_m3:g} m3 at {profile.distance_m:g} m."
        ),
        metrics=[
            _metric("rt60_s", "RT60", "s", time_s, (0, 3), (low_s, high_s)),
            _metric("edt_s", "EDT", "s", time_s, (0, 3), (low_s, high_s)),
            _metric("d50", "D50", "", definition(time_s), (0, 1)),
            _metric("c50_db", "C50", "dB", clarity_db(time_s, 0.05), (-10, 20)),
            _metric("c80_db", "C80", "dB", clarity_db(time_s, 0.08), (-10, 20)),
            _metric("drr_db", "DRR", "dB", direct_db(profile, time_s), (-20, 20)),
        ],
    )


def _metric(  # noqa: PLR0913, PLR0917  the columns of a table
    key: str,
    label: str,
    unit: str,
    value: float,
    drawn: tuple[float, float],
    target: tuple[float, float] | None = None,
) -> ProfileMetric:
    low, high = target or (None, None)
    return ProfileMetric(
        key=key,
        label=label,
        unit=unit,
        value=round(value, 2),
        min_value=drawn[0],
        max_value=drawn[1],
        target_min=low,
        target_max=high,
    )


def clarity_db(time_s: float, limit_s: float) -> float:
    """Give early against late energy of an exponential decay."""
    return 10 * math.log10(math.expm1(DECAY_EXPONENT * limit_s / time_s))


def definition(time_s: float) -> float:
    """Give the share of the first 50 ms in the energy of an exponential decay."""
    return -math.expm1(-DECAY_EXPONENT * 0.05 / time_s)


def direct_db(profile: Profile, time_s: float) -> float:
    """Give direct against reverberant energy at the profile's distance."""
    critical_m = CRITICAL_DISTANCE * math.sqrt(profile.volume_m3 / time_s)
    return 20 * math.log10(critical_m / profile.distance_m)
