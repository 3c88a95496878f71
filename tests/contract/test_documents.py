"""The documents' own examples: commands run, messages are understood."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from live_backend import LiveBackend
from party import party_at
from reference_schemas import NAMES
from wire import ENVELOPE, Json, device

from sonalyze_contracts.envelope import Broadcast

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    str(path.relative_to(ROOT))
    for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *ROOT.glob("*/README.md"))
    if path.exists()
)
ELLIPSIS = "…"


def blocks_of(text: str, language: str = "bash") -> list[str]:
    """Give the code blocks of a text in this language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def section(document: str, heading: str) -> str:
    """Give the text below a heading, up to the next one."""
    text = (ROOT / document).read_text()
    return re.split(r"^## ", text.partition(f"## {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[
        0
    ]


def messages_in(document: str) -> list[Json]:
    """Give every message that a document shows, one per line."""
    text = (ROOT / document).read_text()
    lines = [line for block in blocks_of(text, "json") for line in block.splitlines()]
    parsed = [json.loads(line) for line in lines if line.startswith('{"')]
    return [message for message in parsed if "event" in message]


def test_a_measurement_by_hand_works_as_the_readme_tells_it(
    backend: LiveBackend, tmp_path: Path
) -> None:
    commands = blocks_of(section("README.md", "A measurement by hand"))
    script = "\n".join(commands).replace("http://localhost:8000", backend.url)

    done = subprocess.run(
        ["bash", "-eu"],  # noqa: S607  the reader's own bash
        input=script,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    receipt, answer = re.findall(r'\{"job_id".*?(?=\{"job_id"|\Z)', done.stdout, re.DOTALL)
    assert json.loads(receipt)["upload"] == "recording"
    results = json.loads(answer)["results"]
    assert results["alignment"]["success"] is True
    assert len(results["bands"]) == 8


def test_what_was_measured_is_read_as_the_readme_tells_it(backend: LiveBackend) -> None:
    _, command = blocks_of(section("README.md", "What was measured"))
    asked = command.replace("http://localhost:8000", backend.url)

    done = subprocess.run(  # noqa: S603  the document's own command
        ["bash", "-eu", "-c", asked.replace("Bearer let-me-read", backend.reader["Authorization"])],  # noqa: S607  the reader's own bash
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert isinstance(json.loads(done.stdout), list)


def test_a_room_is_computed_as_the_readme_tells_it(backend: LiveBackend) -> None:
    command, _ = blocks_of(section("README.md", "The same room, computed"))

    done = subprocess.run(  # noqa: S603  the document's own command
        ["bash", "-eu", "-c", command.replace("http://localhost:8000", backend.url)],  # noqa: S607  the reader's own bash
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    front, corner = json.loads(done.stdout)["pairs"]
    assert (front["microphone_id"], corner["microphone_id"]) == ("front", "corner")
    assert front["line_of_sight"] is True
    assert corner["line_of_sight"] is False
    assert corner["metrics"]["drr_db"] is None
    assert 0.2 < front["metrics"]["rt60_s"] < 2


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_message_in_a_document_is_one_that_the_system_knows(document: str) -> None:
    for message in messages_in(document):
        if "type" in message:
            assert list(message) == ENVELOPE, message
            assert message["type"] in {"response", "event", "error"}
        elif "targets" in message:
            Broadcast.model_validate(message)
        else:
            assert set(message) <= {"event", "request_id", "data"}, message
            NAMES[message["event"]].model_validate(message["data"])


async def test_the_messages_of_the_readme_lead_through_a_measurement(
    backend: LiveBackend,
) -> None:
    told = {message["event"]: message["data"] for message in messages_in("README.md")}
    async with party_at(backend.url, microphones=1) as party:
        known = {
            "lobby_id": party.lobby_id,
            "code": party.code,
            "phone-1": party.speaker.device_id,
            "phone-2": party.microphones[0].device_id,
        }
        for message in messages_in("README.md"):
            event, data = message["event"], filled_in(message["data"], known)
            if event == "lobby.join":
                async with device(backend.url) as newcomer:
                    await newcomer.answer(event, **data)
                continue
            reply = await party.admin.answer(event, **data)
            known |= {name: reply[name] for name in ("job_id", "session_id") if name in reply}

    assert set(told) >= {
        "lobby.create",
        "lobby.join",
        "role.assign",
        "measurement.create_job",
        "measurement.create_session",
        "measurement.start_speaker",
    }
    assert reply["status"] == "notifying_clients"


def filled_in(data: Json, known: Json) -> Json:
    """Put real ids where a document has an ellipsis or an example."""
    filled = {name: known[name] if value == ELLIPSIS else value for name, value in data.items()}
    if "code" in filled:
        filled["code"] = known["code"]
    text = json.dumps(filled)
    for example in ("phone-1", "phone-2"):
        text = text.replace(f'"{example}"', json.dumps(known[example]))
    result: Json = json.loads(text)
    return result
