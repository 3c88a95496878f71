"""The children's side of spatial means: what one child evaluated is averaged by another.

Between them the parent keeps it as bytes: it loads no numbers, so it could not read them.
"""

import pickle
from collections.abc import Sequence
from dataclasses import replace

from sonalyze_acoustics import Evaluation, Place, spatial_mean
from sonalyze_contracts.results import AnalysisResults
from sonalyze_measurement.domain import positions


def figures_of(evaluation: Evaluation) -> bytes:
    """Give what is averaged of an evaluation: everything but the response."""
    response = replace(evaluation.response, samples=evaluation.response.samples[:0])
    return pickle.dumps(replace(evaluation, response=response))


def mean_of(figures: Sequence[bytes], places: Sequence[positions.Place | None]) -> AnalysisResults:
    """Average what positions have; where each was made counts for the grade."""
    evaluations = [pickle.loads(each) for each in figures]  # noqa: S301  of our own children
    stood = [None if each is None else Place(each.source_id, each.receiver_id) for each in places]
    return AnalysisResults.of_positions(spatial_mean(evaluations, stood), [])
