"""The measured energy of bands in a few hundred steps each, and what is known of their noise."""

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
"""Of what follows, down to the noise; and as many again of what was heard after that."""


@dataclass(frozen=True, slots=True)
class Steps:
    """Energy in steps, shape (bands, steps), and late decays, shape (bands,).

    Time counts from the onset; `edge_s` are the limits of the steps. `lead` is the energy ahead of
    the onset without noise, `late` the density of the late decay in each step.
    """

    edge_s: Samples
    step_s: Samples
    middle_s: Samples
    energy: Samples
    late: Samples
    end_s: Samples
    noise: Samples
    noise_error: Samples
    level_error: Samples
    rate_per_s: Samples
    rate_error_per_s: Samples
    centre_s: Samples
    tail: Samples
    bandwidth_hz: Samples
    lead: Samples
    lead_moment: Samples

    @property
    def density(self) -> Samples:
        """Return the mean energy density of each step."""
        return np.asarray(self.energy / np.maximum(self.step_s, LEAST))


def stepped(responses: Sequence[BandResponse]) -> Steps:
    """Sum the energy of bands up in steps that grow with their decays."""
    late = _columns(responses)
    start_s = late.pop("start_s")
    edge_s = _edges(
        late["end_s"], np.maximum(late.pop("known_s"), late["end_s"]), late["rate_per_s"]
    )
    held = np.array([_held(response, row) for response, row in zip(responses, edge_s, strict=True)])
    middle_s = 0.5 * (edge_s[:, 1:] + edge_s[:, :-1])
    since_s = middle_s - start_s[:, np.newaxis]
    decay = np.exp(-late["rate_per_s"][:, np.newaxis] * since_s)
    return Steps(
        edge_s=edge_s,
        step_s=np.diff(edge_s, axis=-1),
        middle_s=middle_s,
        energy=np.maximum(np.diff(held[:, :-2], axis=-1), 0.0),
        late=late.pop("amplitude")[:, np.newaxis] * decay,
        lead=held[:, -2],
        lead_moment=held[:, -1],
        **late,
    )


def _columns(responses: Sequence[BandResponse]) -> dict[str, Samples]:
    """Return what is known of the late decays as one array for each quantity.

    A late decay counts from the edge of its first sample, which holds the time around it.
    """
    names = (
        "noise", "noise_error", "amplitude", "level_error", "rate_per_s", "rate_error_per_s",
        "centre_s", "tail", "start_s", "end_s", "known_s", "bandwidth_hz",
    )  # fmt: skip
    rows = []
    for response in responses:
        decay, rate_hz = response.decay, response.rate_hz
        start_s = (np.ceil(response.onset) - response.onset - 0.5) / rate_hz
        rows.append(
            (
                decay.noise, decay.noise_error, decay.amplitude, decay.level_error,
                decay.rate_per_s, decay.rate_error_per_s, decay.centre_s + start_s,
                decay.tail_energy(), start_s, max(decay.end_s + start_s, 1.0 / rate_hz),
                decay.known_s + start_s, response.band.bandwidth_hz,
            )
        )  # fmt: skip
    return dict(zip(names, np.array(rows, dtype=np.float64).T, strict=True))


def _edges(end_s: Samples, known_s: Samples, rate_per_s: Samples) -> Samples:
    """Return the edges of each band's steps: fine ones first, then those of the decay."""
    fine_s = np.minimum(FINE_S, 0.125 * end_s)[:, np.newaxis]
    end_s, known_s = end_s[:, np.newaxis], known_s[:, np.newaxis]
    needed_s = (0.1 * np.log(10.0) * DECAY_DB) / np.maximum(rate_per_s, LEAST)[:, np.newaxis]
    decayed_s = np.clip(needed_s, 2 * fine_s, end_s - fine_s)
    fine = fine_s * (np.arange(FINE_STEPS) / FINE_STEPS)
    decay = fine_s + (decayed_s - fine_s) * (np.arange(DECAY_STEPS) / DECAY_STEPS)
    end = decayed_s + (end_s - decayed_s) * (np.arange(END_STEPS) / END_STEPS)
    after = end_s + (known_s - end_s) * (np.arange(END_STEPS + 1) / END_STEPS)
    return np.hstack((fine, decay, end, after))


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
