"""``demo``: virtual phones measure a virtual room through the real backend."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sonalyze.cli.consoles import give_up, output
from sonalyze.cli.interruption import Stopped, run_until_stopped
from sonalyze.cli.own_backend import backend_at
from sonalyze.cli.virtual_measurement import GatewayUrl, Microphones, Room, Speakers
from sonalyze_contracts.errors import SonalyzeError

if TYPE_CHECKING:
    from sonalyze.comparison import PairComparison


@dataclass(frozen=True, slots=True)
class Wish:
    """What the demo is to measure, and where."""

    room: str
    speakers: int
    microphones: int
    seed: int
    url: str | None
    bundle: Path | None


def demo(  # noqa: PLR0913, PLR0917  a parameter per option
    room: Room = "living",
    speakers: Speakers = 2,
    microphones: Microphones = 3,
    seed: Annotated[int, typer.Option(help="Decides places, phones and noise.", min=0)] = 1,
    url: GatewayUrl = None,
    bundle: Annotated[
        Path | None,
        typer.Option(
            help="Keep all that was measured in this ZIP, for ./sonalyze analyze.", dir_okay=False
        ),
    ] = None,
) -> None:
    """Let virtual phones measure a virtual room, and compare the result with the room's truth.

    The phones speak to the backend through real WebSockets and HTTP. Ends with exit code 1 when
    T20 or T30 is off by more than 1 JND, or C50 by more than 1 dB, in an octave from 250 Hz to
    4 kHz.
    """
    # Imported here: no other command has to wait for the numerics.
    from sonalyze.cli.comparison_table import comparison  # noqa: PLC0415 - see above
    from sonalyze.comparison import out_of_tolerance  # noqa: PLC0415 - see above
    from sonalyze.virtual.errors import VirtualRoomError  # noqa: PLC0415 - see above

    try:
        pairs = run_until_stopped(_run(Wish(room, speakers, microphones, seed, url, bundle)))
    except Stopped as stopped:
        raise typer.Exit(stopped.exit_code) from None
    except VirtualRoomError as fault:
        give_up(f"{str(fault)[:1].upper()}{str(fault)[1:]}.", 2)
    except SonalyzeError as failure:
        give_up(failure.message)
    output().print(comparison(pairs))
    raise typer.Exit(1 if out_of_tolerance(pairs) else 0)


async def _run(wish: Wish) -> "Sequence[PairComparison]":
    from sonalyze.cli.progress import shown  # noqa: PLC0415 - see above
    from sonalyze.rehearsal import Rehearsal  # noqa: PLC0415 - see above

    rehearsal = Rehearsal.planned(wish.room, wish.speakers, wish.microphones, wish.seed)
    with shown(
        output(), rehearsal.description, rehearsal.speakers, rehearsal.microphones
    ) as display:
        async with backend_at(wish.url, display) as url:
            return await rehearsal.run(url, display, wish.bundle)
