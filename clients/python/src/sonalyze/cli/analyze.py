"""``analyze``: what one recording says of its room, without any server."""

from pathlib import Path
from typing import Annotated

import typer

from sonalyze.cli.consoles import give_up, output
from sonalyze_contracts.results import AnalysisResults

UNREADABLE = 2


def analyze(
    file: Annotated[Path, typer.Argument(help="The recording: WAV, FLAC, AIFF, CAF or Ogg.")],
    sweep: Annotated[
        str,
        typer.Option(help="Range of the sweep that was played, in Hz.", metavar="LOW:HIGH"),
    ] = "20:20000",
    impulse_response: Annotated[
        bool,
        typer.Option(
            "--impulse-response", help="The file is an impulse response, not a recording."
        ),
    ] = False,
    channel: Annotated[
        int | None,
        typer.Option(
            help="The channel to analyse, from 0; else the mean of all.",
            min=0,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Analyse one recording: per octave band, clock, quality, and a reason for what is missing."""
    # Imported here: no other command has to wait for the numerics.
    from sonalyze.cli.report import report  # noqa: PLC0415 - see above

    results = _results(file, sweep, channel, is_response=impulse_response)
    if as_json:
        typer.echo(results.model_dump_json(indent=2))
    else:
        output().print(report(file.name, results))


def _results(file: Path, sweep: str, channel: int | None, *, is_response: bool) -> AnalysisResults:
    from sonalyze.audio import AudioError  # noqa: PLC0415 - as above
    from sonalyze.evaluations import evaluate  # noqa: PLC0415 - as above
    from sonalyze_acoustics import Unevaluable  # noqa: PLC0415 - as above

    try:
        return evaluate(file, None if is_response else _band_hz(sweep), channel)
    except AudioError as fault:
        give_up(f"{fault}.", UNREADABLE)
    except Unevaluable as refusal:
        give_up(str(refusal))


def _band_hz(sweep: str) -> tuple[float, float]:
    low, colon, high = sweep.partition(":")
    try:
        band_hz = float(low), float(high)
    except ValueError:
        band_hz = 0.0, 0.0
    if not colon or not 0 < band_hz[0] < band_hz[1]:
        raise typer.BadParameter(f"{sweep!r} is no range like 200:12000", param_hint="--sweep")
    return band_hz
