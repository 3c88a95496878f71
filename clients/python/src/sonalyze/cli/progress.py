"""How the demo is watched: live where there is a terminal, else line by line."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from sonalyze.conductor import Pair
from sonalyze.virtual_phone import Activity
from sonalyze_contracts.identifiers import DeviceId
from sonalyze_contracts.session_pushes import PhaseUpdate, RecordingProgress
from sonalyze_contracts.sessions import Phase, Slot

FRAMES_PER_S = 12

STYLES = {
    Activity.WAITING: "dim",
    Activity.READY: "cyan",
    Activity.DOWNLOADING: "blue",
    Activity.ARMED: "cyan",
    Activity.RECORDING: "red",
    Activity.PLAYING: "magenta",
    Activity.PLAYED: "green",
    Activity.UPLOADING: "blue",
    Activity.UPLOADED: "green",
    Activity.FAILED: "bold red",
}
_BUSY = {Activity.DOWNLOADING, Activity.RECORDING, Activity.PLAYING, Activity.UPLOADING}


class Display(Protocol):
    """Somebody who shows how the demo goes on."""

    def step(self, sentence: str) -> None:
        """See a new step begin."""

    def phase_entered(self, update: PhaseUpdate) -> None:
        """See the session enter a phase."""

    def pair_analyzed(self, pair: Pair) -> None:
        """See one more pair analysed."""

    def phone_does(self, device_id: DeviceId, activity: Activity) -> None:
        """See a phone do something else."""


@dataclass(slots=True)
class Lines:
    """One plain line per step, phase and result: for logs and pipes."""

    console: Console

    def step(self, sentence: str) -> None:
        """Print the step."""
        self.console.print(Text(sentence), soft_wrap=True)

    def phase_entered(self, update: PhaseUpdate) -> None:
        """Print the phase, once for each time it is entered."""
        if not isinstance(update, RecordingProgress):
            turn = f"[{update.current_speaker_index + 1}/{update.total_speakers}]"
            self.step(f"  {turn} {update.phase_description}")

    def pair_analyzed(self, pair: Pair) -> None:
        """Print that a pair was analysed."""
        self.step(f"  analysed {_title(pair.speaker)} → {_title(pair.microphone)}")

    def phone_does(self, device_id: DeviceId, activity: Activity) -> None:
        """Print nothing: phases tell enough."""


@dataclass(slots=True)
class LiveView:
    """The phases and every phone, drawn anew several times a second."""

    speakers: Sequence[Slot]
    microphones: Sequence[Slot]
    heading: str
    steps: list[str] = field(default_factory=list)
    update: PhaseUpdate | None = None
    analyzed: list[Pair] = field(default_factory=list)
    activities: dict[DeviceId, Activity] = field(default_factory=dict)
    spinner: Spinner = field(default_factory=lambda: Spinner("dots", style="magenta"))

    def step(self, sentence: str) -> None:
        """Tick the last step off and begin another."""
        self.steps.append(sentence)

    def phase_entered(self, update: PhaseUpdate) -> None:
        """Show the phase."""
        self.update = update

    def pair_analyzed(self, pair: Pair) -> None:
        """Count one more pair."""
        self.analyzed.append(pair)

    def phone_does(self, device_id: DeviceId, activity: Activity) -> None:
        """Show what a phone does."""
        self.activities[device_id] = activity

    def __rich__(self) -> RenderableType:
        """Draw everything as it stands."""
        return Group(Text(f"\n{self.heading}\n", style="bold"), *self._steps(), self._phones())

    def _steps(self) -> Iterator[RenderableType]:
        *done, current = self.steps or ["Starting"]
        for sentence in done:
            yield Text.assemble((" ✓ ", "green"), (sentence, "dim"))
        self.spinner.update(text=Text(f"{current}{self._where()}", style="bold"))
        line = Table.grid(padding=(0, 0, 0, 1))
        line.add_row("", self.spinner)
        yield line

    def _where(self) -> str:
        if self.analyzed:
            return f" · {len(self.analyzed)} of {len(self.speakers) * len(self.microphones)} pairs"
        update = self.update
        if update is None or update.phase is Phase.COMPLETED:
            return ""
        turn = f" · speaker {update.current_speaker_index + 1} of {update.total_speakers}"
        if not isinstance(update, RecordingProgress):
            return f"{turn} · {update.phase_description}"
        count = f"{update.recordings_started}/{update.total_microphones}"
        return f"{turn} · {update.phase_description} {count}"

    def _phones(self) -> Table:
        table = Table.grid(padding=(0, 2))
        table.add_row("", "", "")
        for icon, slots in (("🔊", self.speakers), ("🎤", self.microphones)):
            for slot in slots:
                activity = self.activities.get(slot.device_id, Activity.WAITING)
                style = STYLES[activity]
                mark = "●" if activity in _BUSY else "○"
                table.add_row(f" {icon}", _title(slot), Text(f"{mark} {activity}", style=style))
        return table


def _title(slot: Slot) -> str:
    return slot.slot_label or slot.slot_id


@contextmanager
def shown(
    console: Console, heading: str, speakers: Sequence[Slot], microphones: Sequence[Slot]
) -> Iterator[Display]:
    """Show a demo for the time of the block, as the console permits."""
    if not console.is_terminal:
        lines = Lines(console)
        lines.step(heading)
        yield lines
        return
    view = LiveView(speakers, microphones, heading)
    with Live(view, console=console, refresh_per_second=FRAMES_PER_S, transient=True):
        yield view
