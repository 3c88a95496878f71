"""What cannot be evaluated, and why.

Every condition has a stable ``code``, which some share, a sentence that says what was found and
what to do, and the facts as attributes.
"""

from __future__ import annotations

from typing import ClassVar


class Unevaluable(ValueError):
    """Nothing can be said about these samples, and the message says why and what to do."""

    code: ClassVar[str] = "unevaluable"


class InvalidSignal(Unevaluable):
    """A measurement signal was asked for that cannot exist."""

    code = "invalid_signal"


class InvalidBackground(Unevaluable):
    """Levels of background noise that cannot be."""

    code = "invalid_background"

    def __init__(self, levels_db: tuple[float, ...]) -> None:
        super().__init__(
            "Background noise takes seven levels in dB, from 125 Hz to 8 kHz, each within 200 dB "
            f"of 0; these are {', '.join(f'{level:g}' for level in levels_db)}."
        )
        self.levels_db = levels_db


class NotFinite(Unevaluable):
    """Some samples are NaN or infinite."""

    code = "not_finite"

    def __init__(self, what: str, count: int) -> None:
        super().__init__(
            f"The {what} holds {count} samples that are not numbers; export or upload it again."
        )
        self.what = what
        self.count = count


class BeyondFullScale(Unevaluable):
    """Some samples are so large that they are no sound."""

    code = "beyond_full_scale"

    def __init__(self, peak: float, what: str = "recording") -> None:
        super().__init__(
            f"The {what} holds samples of {peak:.0e} where full scale is 1; export it again."
        )
        self.peak = peak
        self.what = what


class NotMono(Unevaluable):
    """More than one channel came where one is evaluated."""

    code = "not_mono"

    def __init__(self, what: str, dimensions: int) -> None:
        super().__init__(
            f"The {what} has {dimensions} dimensions where one channel is evaluated; "
            "choose a channel or mix them."
        )
        self.what = what
        self.dimensions = dimensions


class UnsupportedRate(Unevaluable):
    """The sample rate is outside what phones and sound cards use."""

    code = "unsupported_sample_rate"

    def __init__(self, sample_rate_hz: float) -> None:
        super().__init__(
            f"A sample rate of {sample_rate_hz} Hz is outside 8000 to 192000 Hz; record or export "
            "at 44100 or 48000 Hz."
        )
        self.sample_rate_hz = sample_rate_hz


class SilentRecording(Unevaluable):
    """Digital silence, or so little above it that nothing was heard."""

    code = "not_a_measurement"

    def __init__(self, peak: float) -> None:
        super().__init__(
            "The recording is silent: the microphone was muted or the permission to use it was "
            "missing. Allow the microphone and record again."
        )
        self.peak = peak


class RecordingTooShort(Unevaluable):
    """The recording does not hold the whole sweep."""

    code = "alignment_failed"

    def __init__(self, duration_s: float, needed_s: float) -> None:
        super().__init__(
            f"The recording is {duration_s:.1f} s long and does not hold the whole sweep, which "
            f"takes {needed_s:.1f} s. Start recording before the playback and stop after it."
        )
        self.duration_s = duration_s
        self.needed_s = needed_s


class AlignmentFailed(Unevaluable):
    """The measurement signal is not in the recording."""

    code = "alignment_failed"

    def __init__(self, found: str, *, chirp_ratio: float) -> None:
        super().__init__(
            f"The measurement signal was not found: {found} Check that the speaker played the "
            "signal of this measurement, at an audible level, and record again."
        )
        self.chirp_ratio = chirp_ratio


class NotAMeasurement(Unevaluable):
    """Deconvolution or decay shows no impulse response."""

    code = "not_a_measurement"

    def __init__(
        self, found: str, *, advice: str = "Check that recording and reference belong together."
    ) -> None:
        super().__init__(f"This is no room impulse response: {found} {advice}")


class InsufficientDecay(Unevaluable):
    """A decay curve ends above the level that the fit needs."""

    code = "insufficient_decay"

    def __init__(self, reached_db: float, needed_db: float) -> None:
        super().__init__(
            f"The decay curve reaches {reached_db:.1f} dB where the evaluation needs "
            f"{needed_db:.1f} dB; raise the level or lower the noise."
        )
        self.reached_db = reached_db
        self.needed_db = needed_db
