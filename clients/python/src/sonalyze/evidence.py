"""What an analysis read and wrote, held against what the bundle says of it."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sonalyze.audio import AudioError, read_channel
from sonalyze.bundle_file import BundleFile, Damaged
from sonalyze.differences import Difference
from sonalyze.evaluations import Read
from sonalyze_acoustics import Evaluation, SignalSpec, Unevaluable, measurement_signal
from sonalyze_contracts.bundles import BundledAnalysis, recording_path
from sonalyze_contracts.identifiers import UploadName
from sonalyze_contracts.provenance import PlayedSignal, Provenance

ROUND_OFF: Final = 8 * 2.0**-23
"""Steps of 32-bit floats, relative to its peak, that a kept response may be off. An error of the
last bit on every value of every transform moves it by 1.2 of them."""

STEPS_16: Final = 32_767


class Obstacle(Exception):
    """An analysis cannot be computed again; the message says why."""


def require_input(bundle: BundleFile, upload: UploadName, sha256: str) -> None:
    """Find what was analysed: that very file, not one that was uploaded later in its place."""
    path = recording_path(upload)
    file = bundle.listed(path)
    if file is None:
        absent = {file.path: file.reason for file in bundle.manifest.absent}
        raise Obstacle(f"{path} is not in the bundle: {absent.get(path, 'nobody says why')}")
    if file.sha256 != sha256:
        raise Obstacle(f"{path} is another file than the one that was analysed")


def reader_of(bundle: BundleFile) -> Read:
    """Give what reads the uploads of a bundle."""

    def read(upload: UploadName, channel: int | None) -> tuple[NDArray[np.float64], int]:
        path = recording_path(upload)
        try:
            with bundle.lent(path) as copy:
                return read_channel(copy, channel, name=path)
        except Damaged as damage:
            raise Obstacle(f"{path} {damage}") from None

    return read


def stimulus_difference(
    bundle: BundleFile, analysis: BundledAnalysis, provenance: Provenance, signal: PlayedSignal
) -> Iterator[Difference]:
    """Hold the signal of the bundle against the one that its parameters give."""
    path = analysis.stimulus
    if path is None or (file := bundle.listed(path)) is None:
        raise Obstacle("the signal that was played is not in the bundle")
    if file.sha256 != provenance.request.audio_hash:
        yield Difference("stimulus", provenance.request.audio_hash, file.sha256)
        return
    try:
        with bundle.lent(path) as copy:
            played, rate_hz = read_channel(copy, name=path)
        made = measurement_signal(SignalSpec(**signal.model_dump()))
    except Damaged as damage:
        raise Obstacle(f"{path} {damage}") from None
    except (AudioError, Unevaluable) as refusal:
        raise Obstacle(str(refusal)) from None
    if (rate_hz, played.size) != (signal.sample_rate_hz, made.size):
        yield Difference("stimulus.samples", played.size, made.size)
        return
    off = float(np.abs(played - made).max())
    # Written as 16 bit it is off by rounding, and by 1/32768 where 1/32767 was meant.
    if off > 2 / STEPS_16:
        yield Difference("stimulus.largest_deviation", 0.0, off)


def response_difference(
    bundle: BundleFile, path: str, provenance: Provenance, evaluation: Evaluation
) -> Iterator[Difference]:
    """Hold the response that was kept against the one that was computed now."""
    file = bundle.listed(path)
    if file is None or file.sha256 != provenance.response_sha256:
        yield Difference(
            "response", provenance.response_sha256, None if file is None else file.sha256
        )
        return
    try:
        with bundle.lent(path) as copy:
            kept, rate_hz = read_channel(copy, name=path)
    except (Damaged, AudioError) as damage:
        yield Difference("response", f"{path} {damage}", "was found")
        return
    computed = evaluation.response
    if (rate_hz, kept.size) != (computed.sample_rate_hz, computed.samples.size):
        yield Difference("response.samples", kept.size, computed.samples.size)
        return
    off = float(np.abs(kept - computed.samples).max())
    if off > ROUND_OFF * float(np.abs(kept).max()):
        yield Difference("response.largest_deviation", 0.0, off)
