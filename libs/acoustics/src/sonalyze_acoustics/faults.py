"""What went wrong with a recording, each fault with what to change.

Nothing here computes a figure of the room: every module looks for one kind of fault, and tells a
recording that has it from the phones that were measured.
"""

from __future__ import annotations

from dataclasses import dataclass

from sonalyze_acoustics.band_limits import band_limit_findings
from sonalyze_acoustics.continuity import continuity_findings
from sonalyze_acoustics.deconvolution import Foreign
from sonalyze_acoustics.disturbances import disturbance_finding, disturbances, foreign_sound
from sonalyze_acoustics.evaluation import Finding
from sonalyze_acoustics.gain import gain_findings
from sonalyze_acoustics.location import Located
from sonalyze_acoustics.ribbons import ribbons_of
from sonalyze_acoustics.signal import SignalSpec
from sonalyze_acoustics.suppression import suppression_findings


@dataclass(frozen=True, slots=True)
class Faults:
    """What was found, and the sounds that a response must not be read beyond."""

    findings: tuple[Finding, ...]
    foreign: tuple[Foreign, ...]


def recording_faults(located: Located, spec: SignalSpec) -> Faults:
    """Look for lost samples, moving gain, suppressed noise, cut bands and disturbances.

    Parameters
    ----------
    located : Located
        Where the signal lies, with its deconvolution, which holds the whole recording.
    spec : SignalSpec
        What was played.

    Returns
    -------
    Faults
        Empty for a clean recording. Clipping, level and interruptions are told by its levels.
    """
    ribbons = ribbons_of(located, spec)
    heard = disturbances(ribbons, spec)
    compared = (
        ()
        if located.passages is None
        else (*continuity_findings(located.passages, spec), *gain_findings(located.passages))
    )
    findings = (
        *compared,
        *suppression_findings(ribbons),
        *band_limit_findings(located.deconvolution, spec),
        *(disturbance_finding(each) for each in heard),
    )
    top_hz = located.response.played_band_hz[1]
    foreign = [foreign_sound(each, spec, top_hz) for each in heard]
    return Faults(findings, tuple(each for each in foreign if each is not None))
