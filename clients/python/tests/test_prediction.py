"""Measured beside simulated: what is near enough, how it is told, and what is asked for."""

from statistics import fmean
from typing import Any

import pytest
from analyses import OCTAVES_HZ, band, results
from rich.console import Console

from sonalyze.cli.prediction_table import prediction_report
from sonalyze.comparison import T30, PairComparison
from sonalyze.prediction import Prediction
from sonalyze.rehearsal import Rehearsal
from sonalyze_contracts.simulation_answers import SimulationAnswer
from sonalyze_contracts.simulations import ShoeboxRoom

EYRING_S = 0.47
METRICS = {"rt60_s": 0.5, "edt_s": 0.5, "d50": 0.75, "c50_db": 4.7, "c80_db": 9.1, "drr_db": -8.0}


def answer(*microphones: str, warnings: tuple[str, ...] = (), **metrics: Any) -> SimulationAnswer:  # noqa: ANN401  any figure
    return SimulationAnswer.model_validate(
        {
            "sample_rate_hz": 16_000,
            "version": "1",
            "method": "hybrid",
            "seed": 1,
            "volume_m3": 50.0,
            "surface_m2": 85.0,
            "schroeder_hz": 200.0,
            "warnings": warnings,
            "estimates": {
                "bands_hz": OCTAVES_HZ,
                **{
                    f"{name}_s": [EYRING_S] * len(OCTAVES_HZ)
                    for name in ("sabine", "eyring", "kuttruff", "fitzroy")
                },
            },
            "pairs": [
                {
                    "source_id": "Speaker 1",
                    "microphone_id": name,
                    "metrics": METRICS | {"sti": 0.74, "sti_method": "mtf"} | metrics,
                    "line_of_sight": True,
                    "bands": [band(hz, t30_s=0.53) for hz in OCTAVES_HZ],
                }
                for name in microphones
            ],
        }
    )


def predicted(**metrics: Any) -> Prediction:  # noqa: ANN401  any figure
    pairs = [
        PairComparison("Speaker 1", name, results(), results())
        for name in ("Microphone 1", "Microphone 2")
    ]
    # Another order than the measured pairs have: names decide what belongs together.
    return Prediction.of(pairs, answer("Microphone 2", "Microphone 1", **metrics))


def printed(prediction: Prediction, width: int) -> str:
    console = Console(width=width, force_terminal=False, highlight=False)
    with console.capture() as capture:
        console.print(prediction_report(prediction))
    return capture.get()


@pytest.mark.parametrize(
    ("metrics", "agrees"),
    [
        ({}, True),
        ({"rt60_s": 0.549}, True),
        ({"rt60_s": 0.551}, False),
        ({"c50_db": 6.8}, True),
        ({"c50_db": 7.0}, False),
        ({"sti": 0.69}, True),
        ({"sti": 0.67}, False),
        ({"rt60_s": None}, False),
    ],
)
def test_two_just_noticeable_differences_are_near_enough(
    metrics: dict[str, float | None], *, agrees: bool
) -> None:
    prediction = predicted(**metrics)

    assert prediction.agrees is agrees
    assert ("sounds like the measured one" in printed(prediction, 120)) is agrees


def test_each_pair_stands_beside_its_own_simulation() -> None:
    prediction = predicted()

    for pair in prediction.pairs:
        assert pair.simulated.microphone_id == pair.compared.microphone
        assert pair.simulated_value(T30, 1000.0) == pytest.approx(0.53)
        assert pair.difference_jnd(T30, 1000.0) == pytest.approx(1.2)
    assert prediction.eyring_s(1000.0) == EYRING_S


def test_a_figure_that_nobody_has_is_apart_from_nothing() -> None:
    (pair, *_) = predicted().pairs

    assert pair.difference_jnd(T30, 31.5) is None


@pytest.mark.parametrize("width", [80, 120])
def test_the_report_says_all_four_in_every_octave_and_a_sentence_for_each_verdict(
    width: int,
) -> None:
    said = printed(predicted(rt60_s=0.6, warnings=("Mind the modes.",)), width)

    assert said.count("0.50 0.53") == 2 * len(OCTAVES_HZ)
    assert said.count(f"{EYRING_S}") == 2 * len(OCTAVES_HZ)
    assert "! Mind the modes." in said
    assert "✗ Reverberation time: 0.50 s measured, 0.60 s simulated, 4.0 JND apart" in said
    assert "✓ Speech transmission index: 0.74 measured, 0.74 simulated" in said


def test_the_simulated_room_is_the_one_that_is_measured() -> None:
    rehearsal = Rehearsal.planned("office", 2, 3, 1)

    asked = rehearsal.simulation()

    assert isinstance(asked.room, ShoeboxRoom)
    assert tuple(asked.room.dimensions_m) == rehearsal.room.size_m
    assert [each.id for each in asked.sources] == ["Speaker 1", "Speaker 2"]
    assert [tuple(each.position_m) for each in asked.microphones] == [
        *rehearsal.placement.microphones
    ]
    assert asked.temperature_c == pytest.approx(20.0)
    walls = asked.room.wall_materials.model_dump()
    ceiling = rehearsal.room.surfaces.ceiling
    assert fmean(walls["ceiling"]["absorption"][1:]) == pytest.approx(fmean(ceiling))
    assert {wall["scattering"] for wall in walls.values()} == {rehearsal.room.scattering}
