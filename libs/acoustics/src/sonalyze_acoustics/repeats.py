"""Several recordings of the same positions, evaluated as one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sonalyze_acoustics.assembly import assembled
from sonalyze_acoustics.averaging import Averaged, averaged
from sonalyze_acoustics.distortion import harmonic_distortion
from sonalyze_acoustics.evaluation import Evaluation, Finding
from sonalyze_acoustics.faults import recording_faults
from sonalyze_acoustics.levels import recording_levels
from sonalyze_acoustics.location import alignment_of, locate, silent_stretch
from sonalyze_acoustics.samples import Samples, audible_peak, checked
from sonalyze_acoustics.signal import SignalSpec
from sonalyze_acoustics.speech_levels import BackgroundNoise


def evaluate_recordings(
    recordings: Sequence[Samples],
    sample_rate_hz: int,
    signal: SignalSpec,
    *,
    background: BackgroundNoise | None = None,
    thirds: bool = False,
) -> Evaluation:
    """Evaluate the coherent mean of several recordings of one speaker and one microphone.

    Parameters
    ----------
    recordings : sequence of ndarray, shape (n,), float64
        One or more of the same rate; neither phone was moved between them.
    sample_rate_hz : int
        Their rate in Hz.
    signal : SignalSpec
        What was played in all of them.
    background : BackgroundNoise, optional
        What speech would compete with.
    thirds : bool, default False
        Whether to evaluate thirds of octaves, too.

    Returns
    -------
    Evaluation
        Of the mean, with the alignment and the levels of the recording that resembles the others
        most and the faults of all that were averaged. Findings name those that were left out
        because they heard another room.

    Raises
    ------
    Unevaluable
        If one of them cannot be evaluated, as `evaluate_recording`.
    """
    samples = [checked(each, sample_rate_hz, "recording") for each in recordings]
    peaks = [audible_peak(each) for each in samples]
    located = [locate(each, sample_rate_hz, signal) for each in samples]
    mean = averaged(located, signal)
    heard = samples[mean.reference]
    alignment = alignment_of(mean.located, heard.size, sample_rate_hz)
    levels = recording_levels(
        heard,
        sample_rate_hz,
        peaks[mean.reference],
        slice(alignment.sweep_start_sample, alignment.sweep_end_sample),
        silent_stretch(mean.located, heard.size, sample_rate_hz),
    )
    faults = [recording_faults(located[index], signal) for index in mean.used]
    told = {(fault.code, fault.band_hz): fault for each in faults for fault in each.findings}
    findings = (*_repeat_findings(mean), *told.values())
    foreign = tuple(sound for each in faults for sound in each.foreign)
    response = replace(mean.located.response, foreign=foreign)
    evaluation = assembled(response, levels, alignment, background, findings, thirds=thirds)
    return replace(evaluation, distortion=harmonic_distortion(mean.located, signal, response))


def _repeat_findings(mean: Averaged) -> Iterable[Finding]:
    """Say what was averaged, and what was not."""
    if len(mean.used) > 1:
        message = f"{len(mean.used)} recordings were averaged; the noise is lower by that."
        yield Finding("recordings_averaged", "info", None, message)
    for index in mean.left_out:
        message = (
            f"Recording {1 + index} did not hear the same room as the others and was left out: "
            "somebody or something moved. Keep still, and record it again."
        )
        yield Finding("recording_left_out", "warning", None, message)
