"""What ``demo`` and ``compare`` are asked in the same words: which room, whose phones, where."""

from typing import Annotated, TypeAlias

import typer

MOST_SPEAKERS = 8
MOST_MICROPHONES = 16

Room: TypeAlias = Annotated[
    str, typer.Option(help="The virtual room: living, classroom, office or hall.")
]
Speakers: TypeAlias = Annotated[
    int, typer.Option(help="How many phones play.", min=1, max=MOST_SPEAKERS)
]
Microphones: TypeAlias = Annotated[
    int, typer.Option(help="How many phones record.", min=1, max=MOST_MICROPHONES)
]
GatewayUrl: TypeAlias = Annotated[
    str | None,
    typer.Option(help="A gateway that runs already; without it the services are started."),
]
