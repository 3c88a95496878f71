"""A stand-in for the processes: rooms are judged as ever, but numbers come when a test says."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from sonalyze_chassis.compute import queue_full
from sonalyze_chassis.progress import Listener, Progress
from sonalyze_contracts.simulation_answers import SimulatedMetrics, SimulatedPair
from sonalyze_simulation.infra import work

SILENT = SimulatedMetrics(
    rt60_s=0.5, edt_s=0.5, d50=0.5, c50_db=0, c80_db=3, drr_db=-5, sti=0.6, sti_method="mtf"
)


SOUNDS = (":response_wav", ":sofa_file", ":heard")


class Rehearsal:
    """Computes nothing; see `sonalyze_chassis.compute.Engine`."""

    def __init__(self) -> None:
        self.seconds: float | None = None
        """What every simulation is expected to take, if not what it would."""
        self.rir = "null"
        self.decay_curves = "null"
        self.refuses = False
        self.failure: Exception | None = None
        self.may_judge = asyncio.Event()
        self.may_judge.set()
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.computed: list[int] = []
        self.given_up: list[int] = []
        self.began: asyncio.Queue[int] = asyncio.Queue()
        self._progress: dict[int, Listener] = {}

    async def run(
        self,
        called: str,
        *arguments: Any,  # noqa: ANN401  as the port
        deadline_s: float,  # noqa: ARG002  nothing takes long here
        started: Callable[[], None] | None = None,
        progressed: Listener | None = None,
    ) -> Any:  # noqa: ANN401  as the port
        """Act as if."""
        if self.refuses:
            raise queue_full()
        if started is not None:
            started()
        if called.endswith(":prepare"):
            await self.may_judge.wait()
            return self._prepared(*arguments)
        if called.endswith(SOUNDS):
            self.began.put_nowait(-1)
            await self.may_end.wait()
            return ""
        assert called.endswith(":pairs"), called
        return await self._pairs(*arguments, progressed=progressed)

    def reach(self, source: int, fraction: float, stage: str) -> None:
        """Report progress of what is under way."""
        self._progress[source](Progress(fraction, stage))

    async def warm(self) -> None:
        """Nothing to do."""

    async def close(self) -> None:
        """Nothing to do."""

    def _prepared(self, *arguments: Any) -> dict[str, Any]:  # noqa: ANN401  as the port
        prepared = work.prepare(*arguments)
        return prepared if self.seconds is None else prepared | {"seconds": self.seconds}

    async def _pairs(
        self, prepared: dict[str, Any], source: int, progressed: Listener | None
    ) -> list[dict[str, str]]:
        self.computed.append(source)
        if progressed is not None:
            self._progress[source] = progressed
        self.began.put_nowait(source)
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.given_up.append(source)
            raise
        if self.failure is not None:
            raise self.failure
        request = prepared["request"]
        name = request["sources"][source]["id"]
        return [self._text(name, place["id"]) for place in request["microphones"]]

    def _text(self, source_id: str, microphone_id: str) -> dict[str, str]:
        pair = SimulatedPair(
            source_id=source_id, microphone_id=microphone_id, metrics=SILENT, line_of_sight=True
        )
        rest = pair.model_dump(mode="json", exclude={"rir", "decay_curves"})
        return {"rest": json.dumps(rest), "rir": self.rir, "decay_curves": self.decay_curves}
