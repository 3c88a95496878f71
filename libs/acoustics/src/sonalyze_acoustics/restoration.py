"""A band's decay as it would be without the noise, at a few hundred instants.

Where decay and noise are Gaussian of powers S and N, the share w = S / (S + N) is what the noisy
amplitude says about the decay's, and the decay's energy is expected to be w^2 e + w N, with the
variance v (v + 2 w^2 e), v = w N. This is Wiener's filter, seen from the energy. High above the
noise it subtracts the noise (Chu); at the noise it turns into the late decay that was fitted, which
goes on as the tail (ISO 3382-1, 5.3.3). Energy never becomes negative, so curves always fall, and
what the noise did to any figure follows from the variances.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from sonalyze_acoustics.likelihood import LEAST
from sonalyze_acoustics.response_bands import AHEAD_S, BandResponse
from sonalyze_acoustics.samples import Samples

FINE_S: Final = 0.008
FINE_STEPS: Final = 32
"""The direct sound's own steps: a quarter of a millisecond."""

DECAY_STEPS: Final = 320
DECAY_DB: Final = 40.0
"""Of the decay down to the end of every evaluation: an eighth of a decibel each."""

END_STEPS: Final = 64
"""Of what follows, down to the noise."""


@dataclass(frozen=True, slots=True)
class Restored:
    """Decays free of noise, one row per band; `edge_s` are the limits of their steps.

    `energy` is that of each step, `variance` what is not known of it, `noisy` what was measured.
    `decay` is the late decay's density in the middle of each step, `share` its share of what is
    heard there. The errors are those of the late decays; `lead` is the energy ahead of the onset.
    """

    edge_s: Samples
    energy: Samples
    noisy: Samples
    variance: Samples
    decay: Samples
    share: Samples
    noise: Samples
    noise_error: Samples
    level_error: Samples
    rate_per_s: Samples
    rate_error_per_s: Samples
    centre_s: Samples
    bandwidth_hz: Samples
    lead: Samples
    lead_moment: Samples
    tail: Samples

    @property
    def step_s(self) -> Samples:
        """Return the width of each step."""
        return np.diff(self.edge_s, axis=-1)

    @property
    def middle_s(self) -> Samples:
        """Return the middle of each step."""
        return np.asarray(0.5 * (self.edge_s[:, 1:] + self.edge_s[:, :-1]))

    def left(self) -> Samples:
        """Return the energy decay curve at the edges."""
        after = np.cumsum(self.energy[:, ::-1], axis=-1)[:, ::-1]
        return np.asarray(np.pad(after, ((0, 0), (0, 1))) + self.tail[:, np.newaxis])

    def total(self) -> Samples:
        """Return each band's energy, what lies ahead of the onset included."""
        return np.asarray(self.energy.sum(axis=-1) + self.tail + self.lead)


def restored(responses: Sequence[BandResponse]) -> Restored:
    """Restore the decays of one or more bands.

    Parameters
    ----------
    responses : sequence of BandResponse
        Their late decays say what the noise is, and how the decay goes on in it.

    Returns
    -------
    Restored
        One row per band, time from the onset. Where nothing decays the noise is subtracted only.
    """
    late = _columns(responses)
    edge_s = _edges(late["end_s"], late["rate_per_s"])
    held = np.array([_held(response, row) for response, row in zip(responses, edge_s, strict=True)])
    step_s, noisy = np.diff(edge_s, axis=-1), np.maximum(np.diff(held[:, :-2], axis=-1), 0.0)
    noise, rate_per_s = late["noise"][:, np.newaxis], late["rate_per_s"][:, np.newaxis]
    since_s = 0.5 * (edge_s[:, 1:] + edge_s[:, :-1]) - late["start_s"][:, np.newaxis]
    decay = late["amplitude"][:, np.newaxis] * np.exp(-rate_per_s * since_s)
    decays = (rate_per_s > 0) & (noise > 0)
    share = np.where(decays, decay / np.maximum(decay + noise, LEAST), 1.0)
    unknown, known = share * noise * decays, share**2 * noisy
    subtracted = np.maximum(noisy - noise * step_s, 0.0)
    return Restored(
        edge_s=edge_s,
        energy=np.where(decays, known + unknown * step_s, subtracted),
        noisy=noisy,
        variance=unknown * (unknown * step_s + 2 * known) / late["bandwidth_hz"][:, np.newaxis],
        decay=decay,
        share=share,
        noise=late["noise"],
        noise_error=late["noise_error"],
        level_error=late["level_error"],
        rate_per_s=late["rate_per_s"],
        rate_error_per_s=late["rate_error_per_s"],
        centre_s=late["centre_s"] + late["start_s"],
        bandwidth_hz=late["bandwidth_hz"],
        lead=held[:, -2],
        lead_moment=held[:, -1],
        tail=late["tail"],
    )


def _columns(responses: Sequence[BandResponse]) -> dict[str, Samples]:
    """Return what is known of the late decays as one array for each quantity.

    A late decay counts from the edge of its first sample, which holds the time around it.
    """
    rows = []
    for response in responses:
        decay, rate_hz = response.decay, response.rate_hz
        start_s = (np.ceil(response.onset) - response.onset - 0.5) / rate_hz
        rows.append(
            (
                decay.noise, decay.noise_error, decay.amplitude, decay.level_error,
                decay.rate_per_s, decay.rate_error_per_s, decay.centre_s, decay.tail_energy(),
                start_s, max(decay.end_s + start_s, 1.0 / rate_hz), response.band.bandwidth_hz,
            )
        )  # fmt: skip
    names = (
        "noise", "noise_error", "amplitude", "level_error", "rate_per_s", "rate_error_per_s",
        "centre_s", "tail", "start_s", "end_s", "bandwidth_hz",
    )  # fmt: skip
    return dict(zip(names, np.array(rows, dtype=np.float64).T, strict=True))


def _edges(end_s: Samples, rate_per_s: Samples) -> Samples:
    """Return the edges of each band's steps: fine ones first, then those of the decay."""
    fine_s = np.minimum(FINE_S, 0.125 * end_s)[:, np.newaxis]
    whole_s = end_s[:, np.newaxis]
    needed_s = (0.1 * np.log(10.0) * DECAY_DB) / np.maximum(rate_per_s, LEAST)[:, np.newaxis]
    decayed_s = np.clip(needed_s, 2 * fine_s, whole_s - fine_s)
    fine = fine_s * (np.arange(FINE_STEPS) / FINE_STEPS)
    decay = fine_s + (decayed_s - fine_s) * (np.arange(DECAY_STEPS) / DECAY_STEPS)
    end = decayed_s + (whole_s - decayed_s) * (np.arange(END_STEPS + 1) / END_STEPS)
    return np.hstack((fine, decay, end))


def _held(response: BandResponse, edge_s: Samples) -> Samples:
    """Return the energy from the onset up to each edge; then what leads it, and its moment."""
    energy, rate_hz, onset = response.energy, response.rate_hz, response.onset
    place = np.clip(onset + 0.5 + edge_s * rate_hz, 0.0, float(energy.size))
    whole = np.minimum(place.astype(np.intp), energy.size - 1)
    known = energy[: int(whole[-1]) + 1]
    sums = np.concatenate((np.zeros(1), np.cumsum(known, dtype=np.float64)))
    up_to = (sums[whole] + (place - whole) * known[whole]) / rate_hz
    ahead_s, noise = min(AHEAD_S, onset / rate_hz), response.decay.noise
    lead = known[: int(whole[0])].astype(np.float64)
    moment = float(lead @ (np.arange(lead.size) - onset)) / rate_hz**2
    return np.append(up_to, (up_to[0] - noise * ahead_s, moment + 0.5 * noise * ahead_s**2))
