import numpy as np
import pytest

from sonalyze_acoustics import InvalidSignal, SignalSpec, measurement_signal, segments
from sonalyze_acoustics.signal import chirp, sweep


def test_segments_follow_each_other_over_fifteen_seconds() -> None:
    parts = segments(SignalSpec())

    assert [part.name for part in parts] == [
        "sync_chirp_start",
        "post_sync_silence",
        "measurement_sweep",
        "reverb_tail",
        "sync_chirp_end",
    ]
    assert [part.start_s for part in parts] == [0.0, 0.5, 2.5, 12.5, 14.5]
    assert [part.end_s for part in parts] == [0.5, 2.5, 12.5, 14.5, 15.0]
    assert [part.kind for part in parts] == ["chirp", "silence", "sweep", "silence", "chirp"]


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 44_100, 48_000, 192_000])
def test_the_signal_lasts_fifteen_seconds_and_peaks_at_nine_tenths(rate_hz: int) -> None:
    signal = measurement_signal(SignalSpec(rate_hz))

    assert signal.size == 15 * rate_hz
    assert 0.85 < np.abs(signal).max() <= 0.9


def test_the_same_parameters_give_the_same_samples() -> None:
    first = measurement_signal(SignalSpec(44_100, 100.0, 9_000.0))

    chirp.cache_clear()
    sweep.cache_clear()

    np.testing.assert_array_equal(first, measurement_signal(SignalSpec(44_100, 100.0, 9_000.0)))


def test_silences_are_silent_and_both_chirps_are_one() -> None:
    signal = measurement_signal(SignalSpec())

    assert not signal[24_000:120_000].any()
    assert not signal[600_000:696_000].any()
    np.testing.assert_array_equal(signal[:24_000], signal[696_000:])


def test_sweep_and_chirp_fade_in_and_out() -> None:
    for part in (sweep(SignalSpec()), chirp(SignalSpec())):
        assert part[0] == 0.0
        assert abs(part[-1]) < 1e-3


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 22_050])
def test_nothing_lies_above_what_a_low_rate_carries(rate_hz: int) -> None:
    signal = measurement_signal(SignalSpec(rate_hz))

    power = np.abs(np.fft.rfft(signal * np.hanning(signal.size))) ** 2
    frequency_hz = np.fft.rfftfreq(signal.size, 1 / rate_hz)

    assert power[frequency_hz > 0.48 * rate_hz].sum() < 1e-6 * power.sum()


def test_a_low_rate_recorder_hears_the_sweep_until_its_own_limit() -> None:
    heard = sweep(SignalSpec(48_000), 16_000)

    limit_s = 10 * np.log(7_200 / 20) / np.log(1_000)

    assert heard.size == 160_000
    assert not heard[round(limit_s * 16_000) + 1 :].any()
    assert np.abs(heard[: round((limit_s - 0.02) * 16_000)]).max() > 0.85


@pytest.mark.parametrize(
    ("rate_hz", "start_hz", "end_hz"),
    [
        (7_999, 20.0, 20_000.0),
        (192_001, 20.0, 20_000.0),
        (48_000, 19.0, 20_000.0),
        (48_000, 20.0, 20_001.0),
        (48_000, 5_000.0, 5_000.0),
        (48_000, 6_000.0, 5_000.0),
        (8_000, 4_000.0, 20_000.0),
    ],
)
def test_an_impossible_signal_is_refused(rate_hz: int, start_hz: float, end_hz: float) -> None:
    with pytest.raises(InvalidSignal):
        SignalSpec(rate_hz, start_hz, end_hz)
