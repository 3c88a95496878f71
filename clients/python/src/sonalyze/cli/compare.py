"""``compare``: a virtual room, measured by phones and simulated, side by side."""

from typing import TYPE_CHECKING, Annotated

import typer

from sonalyze.cli.consoles import give_up, output
from sonalyze.cli.demo import Wish
from sonalyze.cli.interruption import Stopped, run_until_stopped
from sonalyze.cli.own_backend import backend_at
from sonalyze.cli.virtual_measurement import GatewayUrl, Microphones, Room, Speakers
from sonalyze_contracts.errors import SonalyzeError

if TYPE_CHECKING:
    from sonalyze.prediction import Prediction


def compare(
    room: Room = "living",
    speakers: Speakers = 1,
    microphones: Microphones = 2,
    seed: Annotated[int, typer.Option(help="Decides places, phones, noise and rays.", min=0)] = 1,
    url: GatewayUrl = None,
) -> None:
    """Measure a virtual room with virtual phones, simulate it, and put both side by side.

    Both go through the real backend. Ends with exit code 1 when the reverberation time or C50 (of
    500 Hz and 1 kHz) or the STI, as means of all pairs, are more than 2 JND apart.
    """
    # Imported here: no other command has to wait for the numerics.
    from sonalyze.cli.prediction_table import prediction_report  # noqa: PLC0415 - see above
    from sonalyze.virtual.errors import VirtualRoomError  # noqa: PLC0415 - see above

    try:
        wish = Wish(room, speakers, microphones, seed, url, None)
        prediction = run_until_stopped(_run(wish))
    except Stopped as stopped:
        raise typer.Exit(stopped.exit_code) from None
    except VirtualRoomError as fault:
        give_up(f"{str(fault)[:1].upper()}{str(fault)[1:]}.", 2)
    except SonalyzeError as failure:
        give_up(failure.message)
    output().print(prediction_report(prediction))
    raise typer.Exit(0 if prediction.agrees else 1)


async def _run(wish: Wish) -> "Prediction":
    from sonalyze.cli.progress import shown  # noqa: PLC0415 - see above
    from sonalyze.client import Client  # noqa: PLC0415 - see above
    from sonalyze.prediction import Prediction  # noqa: PLC0415 - see above
    from sonalyze.rehearsal import Rehearsal  # noqa: PLC0415 - see above

    rehearsal = Rehearsal.planned(wish.room, wish.speakers, wish.microphones, wish.seed)
    with shown(
        output(), rehearsal.description, rehearsal.speakers, rehearsal.microphones
    ) as display:
        async with backend_at(wish.url, display) as url:
            compared = await rehearsal.run(url, display)
            display.step("Simulate the same room")
            async with Client(url) as client:
                answer = await client.simulations.simulate(rehearsal.simulation())
    return Prediction.of(compared, answer)
