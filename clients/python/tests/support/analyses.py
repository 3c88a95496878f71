"""Results of an analysis, with as many octaves and figures as a test names."""

from typing import Any

from sonalyze_contracts.bands import BandResult
from sonalyze_contracts.results import (
    AnalysisResults,
    Clarity,
    DecayCurve,
    DirectSound,
    FrequencyResponseResult,
    RecordingQuality,
    ReverberationTimes,
    SpeechTransmissionResult,
)

OCTAVES_HZ = (63.0, 125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)


def band(center_hz: float, **figures: Any) -> BandResult:  # noqa: ANN401  any figure of a band
    """Make an octave of a room with half a second of reverberation."""
    usual = {
        "t20_s": 0.5,
        "t30_s": 0.5,
        "edt_s": 0.5,
        "c50_db": 4.7,
        "c80_db": 9.1,
        "d50": 0.75,
        "d80": 0.89,
        "ts_s": 0.036,
        "drr_db": None,
        "inr_db": 60.0,
        "decay_range_db": 55.0,
    }
    return BandResult.model_validate({"center_hz": center_hz, **usual, **figures})


def results(*bands: BandResult, sti: float | None = 0.74) -> AnalysisResults:
    """Make an analysis: the usual octaves, but for those that are given."""
    given = {each.center_hz: each for each in bands}
    return AnalysisResults(
        version="1",
        samplerate_hz=48_000,
        rt=ReverberationTimes(
            rt60_s=0.5,
            edt_s=0.5,
            t20_s=0.5,
            t30_s=0.5,
            t20_rt60_s=0.5,
            t30_rt60_s=0.5,
            edc_db=DecayCurve(n=48_000, min_db=-60.0, max_db=0.0),
        ),
        clarity=Clarity(c50_db=4.7, c80_db=9.1, d50=0.75, d80=0.89),
        drr=DirectSound(drr_db=-8.0, direct_to_late_db=-8.0, direct_index=480),
        quality=RecordingQuality(snr_db=50.0, peak_db=-6.0, noise_floor_db=-56.0, grade="good"),
        frequency_response=FrequencyResponseResult(bands_hz=[], magnitude_db=[]),
        sti=SpeechTransmissionResult(sti=sti, sti_male=sti, sti_female=sti),
        display_metrics=[],
        bands=[given.get(hz, band(hz)) for hz in OCTAVES_HZ],
    )
