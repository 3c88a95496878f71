"""``analyze``: what a recording says of its room, or a bundle still says, without any server."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sonalyze.cli.consoles import give_up, output

if TYPE_CHECKING:
    from sonalyze.evaluations import EvaluatedFile

UNREADABLE = 2
FULL_SWEEP = "20:20000"


def analyze(  # noqa: PLR0913, PLR0917  a parameter per option
    file: Annotated[
        Path, typer.Argument(help="The recording (WAV, FLAC, AIFF, CAF, Ogg), or a bundle (ZIP).")
    ],
    sweep: Annotated[
        str,
        typer.Option(help="Range of the sweep that was played, in Hz.", metavar="LOW:HIGH"),
    ] = FULL_SWEEP,
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
    thirds: Annotated[
        bool, typer.Option("--thirds", help="Evaluate thirds of octaves, too.")
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option(
            help="Draw decays, response and spectrogram into this PNG (extra `plot`).",
            metavar="OUT.png",
            dir_okay=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Analyse one recording: per octave band, clock, quality, and a reason for what is missing.

    Of a bundle, as a job gives it at GET /v1/jobs/ID/bundle, every file is checked and every
    analysis computed again; exit code 0 if all is the same, 1 if anything differs, is damaged or
    cannot be computed again, 2 if this is no bundle.
    """
    if _is_bundle(file):
        if impulse_response or channel is not None or sweep != FULL_SWEEP:
            raise typer.BadParameter("What a bundle was analysed with stands in the bundle.")
        if plot is not None or thirds:
            raise typer.BadParameter("A bundle holds many recordings; unpack the one to look at.")
        _examine(file, as_json=as_json)
        return
    # Imported here: no other command has to wait for the numerics.
    from sonalyze.cli.picture import drawable, write_picture  # noqa: PLC0415 - see above
    from sonalyze.cli.report import report  # noqa: PLC0415 - see above

    if plot is not None:
        drawable(plot)
    sweep_hz = None if impulse_response else _band_hz(sweep)
    evaluated = _evaluated(file, sweep_hz, channel, thirds=thirds)
    if plot is not None:
        write_picture(plot, file.name, evaluated)
    results = evaluated.results
    if as_json:
        typer.echo(results.model_dump_json(indent=2))
    else:
        output().print(report(file.name, results))


def _is_bundle(file: Path) -> bool:
    from sonalyze.bundle_file import is_zip  # noqa: PLC0415 - as above

    return is_zip(file)


def _examine(file: Path, *, as_json: bool) -> None:
    from sonalyze.bundle_file import BundleUnreadable  # noqa: PLC0415 - as above
    from sonalyze.bundle_verdicts import examine  # noqa: PLC0415 - as above
    from sonalyze.cli.bundle_report import bundle_report, printable  # noqa: PLC0415 - as above

    try:
        found = examine(file)
    except BundleUnreadable as fault:
        give_up(printable(f"{fault}."), UNREADABLE)
    if as_json:
        typer.echo(found.model_dump_json(indent=2, ensure_ascii=True))
    else:
        output().print(bundle_report(file.name, found))
    raise typer.Exit(0 if found.holds else 1)


def _evaluated(
    file: Path, sweep_hz: tuple[float, float] | None, channel: int | None, *, thirds: bool
) -> "EvaluatedFile":
    from sonalyze.audio import AudioError  # noqa: PLC0415 - as above
    from sonalyze.evaluations import evaluate  # noqa: PLC0415 - as above
    from sonalyze_acoustics import Unevaluable  # noqa: PLC0415 - as above

    try:
        return evaluate(file, sweep_hz, channel, thirds=thirds)
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
