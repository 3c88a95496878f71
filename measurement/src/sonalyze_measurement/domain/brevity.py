"""Results of all recordings of a job without those of each, where there is no room for them."""

from typing import Final

from sonalyze_contracts.results import AnalysisResults

MOST_PUSH_BYTES: Final = (2 << 20) - (64 << 10)
"""Of results in a push: a gateway takes broadcasts of 2 MiB, with the envelope around it."""


def without_positions(results: AnalysisResults) -> AnalysisResults:
    """Leave out what each position says; which they are and why some are refused stays."""
    if results.positions is None:
        return results
    brief = [each.model_copy(update={"results": None}) for each in results.positions]
    return results.model_copy(update={"positions": brief})


def for_push(results: AnalysisResults, most_bytes: int = MOST_PUSH_BYTES) -> AnalysisResults:
    """Leave the positions out if a push could not carry them."""
    if results.positions is None or len(results.model_dump_json().encode()) <= most_bytes:
        return results
    return without_positions(results)
