import numpy as np

from sonalyze_acoustics import SignalSpec, evaluate_impulse_response, evaluate_recording
from sonalyze_acoustics.signal import measurement_signal


def test_a_perfect_loop_is_aligned_without_skew() -> None:
    spec = SignalSpec()
    noise = 1e-4 * np.random.default_rng(1).standard_normal(16 * 48_000)
    noise[24_000 : 24_000 + 720_000] += 0.5 * measurement_signal(spec)

    alignment = evaluate_recording(noise, 48_000, spec).alignment

    assert alignment is not None
    assert alignment.skew_ppm is not None
    assert abs(alignment.skew_ppm) < 1.0
    assert abs(alignment.latency_s - 0.5) < 1e-4


def test_an_exponential_decay_gives_its_own_reverberation_time() -> None:
    time_s = np.arange(48_000) / 48_000
    noise = np.random.default_rng(2).standard_normal(48_000)

    evaluation = evaluate_impulse_response(noise * 10 ** (-3 * time_s / 0.5), 48_000)

    assert evaluation.mid.t20_s is not None
    assert abs(evaluation.mid.t20_s / 0.5 - 1) < 0.05
