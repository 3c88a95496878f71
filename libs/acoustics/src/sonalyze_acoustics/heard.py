"""A response with what all of its figures need: where it begins, its noise, who played it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sonalyze_acoustics.bands import BROADBAND, Band
from sonalyze_acoustics.deconvolution import ImpulseResponse
from sonalyze_acoustics.early_parts import AHEAD_S
from sonalyze_acoustics.evaluation import FrequencyResponse
from sonalyze_acoustics.levels import rms
from sonalyze_acoustics.loudspeaker import corner_hz
from sonalyze_acoustics.onset import onset_of
from sonalyze_acoustics.power_spectrum import PowerSpectrum
from sonalyze_acoustics.response_bands import BandResponse, split_into_bands
from sonalyze_acoustics.samples import Samples
from sonalyze_acoustics.spectrum import frequency_response


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard: `corner_hz` is that of a small loudspeaker whose fall is to be undone."""

    response: ImpulseResponse
    onset: int
    noise: PowerSpectrum
    corner_hz: float | None
    by_a_phone: bool

    @classmethod
    def of(cls, response: ImpulseResponse, *, by_a_phone: bool) -> Heard:
        """Find a response's onset, and the loudspeaker's corner if a phone may have played it.

        Raises
        ------
        NotAMeasurement
            If nothing stands out of the noise.
        """
        rate_hz, tail = response.sample_rate_hz, _tail(response)
        onset, noise = (
            onset_of(response.samples, rate_hz, rms(tail)),
            PowerSpectrum.of(tail, rate_hz),
        )
        corner = None
        if by_a_phone:
            band_hz = response.played_band_hz
            corner = corner_hz(response.samples[onset:], noise, rate_hz, band_hz)
        return cls(response, onset, noise, corner, by_a_phone)

    def holds(self, band: Band) -> bool:
        """Say whether a band was played and recorded completely."""
        low_hz, high_hz = self.response.played_band_hz
        return band.inside((low_hz, min(high_hz, 0.5 * self.response.sample_rate_hz)))

    def split(self, bands: Sequence[Band]) -> tuple[BandResponse, ...]:
        """Split the response into bands, all of them at once."""
        return split_into_bands(self.response, self.onset, bands, self.corner_hz)

    def spectrum(self, end_s: float) -> FrequencyResponse:
        """Return the magnitude response of what was heard up to an instant after the onset."""
        rate_hz = self.response.sample_rate_hz
        start = max(0, self.onset - round(AHEAD_S * rate_hz))
        kept = self.response.samples[start : self.onset + round(end_s * rate_hz)]
        return frequency_response(
            PowerSpectrum.of(kept, rate_hz), self.noise, rate_hz, self.response.played_band_hz
        )


def _tail(response: ImpulseResponse) -> Samples:
    """Return the last tenth of what every octave holds: noise."""
    heard = response.samples[: response.valid(BROADBAND.upper_hz)]
    return heard[-max(1, heard.size // 10) :]
