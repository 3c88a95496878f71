import numpy as np
import pytest
from scipy import fft

from sonalyze_acoustics.long_transform import forward, inverse


@pytest.mark.parametrize("size", [8, 9_001, 16_384, 22_050, 96_000, 529_200, 576_000])
def test_a_long_transform_is_as_exact_as_a_plain_one(size: int) -> None:
    samples = np.random.default_rng(size).standard_normal(size).astype(np.float32)
    exact = fft.rfft(samples.astype(np.float64))

    ours, plain = (
        np.linalg.norm(found - exact) / np.linalg.norm(exact)
        for found in (forward(samples), fft.rfft(samples))
    )

    assert ours < max(1.3 * plain, 1e-7)


@pytest.mark.parametrize("size", [8, 9_001, 16_384, 22_050, 96_000, 529_200, 576_000])
def test_the_way_back_gives_the_samples(size: int) -> None:
    samples = np.random.default_rng(size).standard_normal(size).astype(np.float32)

    found = inverse(forward(samples), size)

    assert found.dtype == np.float32
    np.testing.assert_allclose(found, samples, atol=3e-6)


def test_a_spectrum_is_left_as_it_was() -> None:
    spectrum = forward(np.ones(96_000, dtype=np.float32))
    kept = spectrum.copy()

    inverse(spectrum, 96_000)

    np.testing.assert_array_equal(spectrum, kept)
