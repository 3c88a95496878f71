"""Who may do what in a session, and when: everything else changes nothing and says so."""

import pytest
from lobby_harness import STAGES, Gateway, Json, Lobby, Measuring, Refusal, planned

PAYLOADS: dict[str, Json] = {"recording_uploaded": {"upload_name": "one.wav"}}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The guards are pure; that sessions live in both databases is tested with the steps."""
    return sqlite_url


@pytest.fixture
async def session(lobby: Lobby) -> Measuring:
    return await planned(lobby, "s1", "s2")


def plan(lobby_id: str, **changes: Json) -> Json:
    return {
        "job_id": "job",
        "lobby_id": lobby_id,
        "speakers": [{"device_id": "s1", "slot_id": "S"}],
        "microphones": [{"device_id": "m1", "slot_id": "M"}],
        **changes,
    }


@pytest.mark.parametrize(
    ("event", "data"),
    [
        ("start_speaker", {}),
        ("cancel_session", {}),
        ("broadcast_results", {"job_id": "job", "results": []}),
    ],
)
async def test_only_the_admin_drives_a_session(session: Measuring, event: str, data: Json) -> None:
    refusals = [await session.refusal(one, event, **data) for one in ("s1", "m1", "stranger")]

    assert refusals == [Refusal(403, "forbidden", "not_admin")] * 3
    assert (await session.ask("m1", "session_status"))["status"] == "created"


async def test_only_the_admin_creates_sessions(lobby: Lobby) -> None:
    opened = await lobby.opened("s1", "m1")

    refusal = await lobby.refusal("s1", "measurement.create_session", **plan(opened["lobby_id"]))

    assert refusal == Refusal(403, "forbidden", "not_admin")


@pytest.mark.parametrize("stage", STAGES)
async def test_strangers_confirm_nothing(session: Measuring, stage: str) -> None:
    await session.start()
    await session.pass_before(stage)
    before = await session.ask("admin", "session_status")

    refusal = await session.refusal("stranger", stage, **PAYLOADS.get(stage, {}))

    assert refusal == Refusal(403, "forbidden", "not_member")
    assert await session.ask("admin", "session_status") == before


@pytest.mark.parametrize(
    ("stage", "device_id"),
    [
        ("ready", "s2"),
        ("speaker_audio_ready", "m1"),
        ("recording_started", "s1"),
        ("playback_complete", "m1"),
        ("recording_uploaded", "s1"),
    ],
)
async def test_members_confirm_only_what_they_were_asked(
    session: Measuring, stage: str, device_id: str
) -> None:
    await session.start()
    await session.pass_before(stage)

    refusal = await session.refusal(device_id, stage, **PAYLOADS.get(stage, {}))

    assert refusal == Refusal(403, "forbidden", "not_asked")


@pytest.mark.parametrize("stage", STAGES[1:])
async def test_nothing_is_confirmed_before_it_was_asked(session: Measuring, stage: str) -> None:
    await session.start()
    device_id = session.asked(stage)[0]

    refusal = await session.refusal(device_id, stage, **PAYLOADS.get(stage, {}))

    assert refusal == Refusal(409, "conflict", "out_of_phase")


async def test_nothing_is_confirmed_before_the_first_turn(session: Measuring) -> None:
    assert await session.refusal("m1", "ready") == Refusal(409, "conflict", "out_of_phase")


@pytest.mark.parametrize("stage", STAGES)
async def test_a_repeated_confirmation_is_answered_alike_and_changes_nothing(
    session: Measuring, gateway: Gateway, stage: str
) -> None:
    await session.start()
    await session.pass_before(stage)
    *_, last = await session.pass_stage(stage)
    before = await session.ask("admin", "session_status")
    await session.ask("admin", "broadcast_results", job_id="job", results="a mark")
    told_before = (await gateway.heard("analysis_results"), len(gateway.told))[1]

    again = [await session.confirm(one, stage) for one in session.asked(stage)]

    assert again == [last] * len(again)
    assert await session.ask("admin", "session_status") == before
    await session.ask("admin", "broadcast_results", job_id="job", results="another mark")
    await gateway.heard("analysis_results", results="another mark")
    assert len(gateway.told) == told_before + 1


async def test_start_speaker_may_be_repeated_until_somebody_has_gone_on(
    session: Measuring, gateway: Gateway
) -> None:
    first = await session.start()

    again = await session.ask("admin", "start_speaker")
    await session.pass_stage("ready")
    refusal = await session.refusal("admin", "start_speaker")

    assert again == first
    assert refusal == Refusal(409, "conflict", "turn_running")
    assert gateway.names("admin").count("start_measurement") == 1


@pytest.mark.parametrize(
    ("event", "data"),
    [
        *[(stage, PAYLOADS.get(stage, {})) for stage in STAGES],
        ("start_speaker", {}),
        ("session_status", {}),
        ("cancel_session", {}),
        ("error", {}),
        ("broadcast_results", {"job_id": "job", "results": []}),
    ],
)
async def test_an_unknown_session_is_not_found(lobby: Lobby, event: str, data: Json) -> None:
    refusal = await lobby.refusal("m1", f"measurement.{event}", session_id="nobody's", **data)

    assert refusal == Refusal(404, "not_found", "session_not_found")


@pytest.mark.parametrize("event", [*STAGES, "start_speaker", "session_status", "error"])
async def test_a_missing_session_id_is_named(lobby: Lobby, event: str) -> None:
    answer = await lobby.forward("m1", f"measurement.{event}")

    assert answer.status_code == 400
    assert answer.json()["code"] == "bad_request"
    assert "Missing 'session_id' in data" in answer.json()["detail"]


async def test_members_have_to_be_in_the_lobby(lobby: Lobby) -> None:
    opened = await lobby.opened("s1", "m1")
    await lobby.ask("m1", "lobby.leave", lobby_id=opened["lobby_id"])

    answer = await lobby.forward("admin", "measurement.create_session", **plan(opened["lobby_id"]))

    assert answer.status_code == 400
    assert answer.json()["details"]["absent_device_ids"] == ["m1"]


TWICE = [{"device_id": "m1", "slot_id": "A"}, {"device_id": "m1", "slot_id": "B"}]
SAME_SLOT = [{"device_id": "m1", "slot_id": "A"}, {"device_id": "s1", "slot_id": "A"}]


@pytest.mark.parametrize(
    "changes",
    [
        {"microphones": []},
        {"speakers": []},
        {"microphones": TWICE},
        {"microphones": SAME_SLOT},
        {"speakers": SAME_SLOT},
        {"speakers": "all of them"},
    ],
)
async def test_contradictory_places_are_refused(lobby: Lobby, changes: Json) -> None:
    opened = await lobby.opened("s1", "m1")

    refusal = await lobby.refusal(
        "admin", "measurement.create_session", **plan(opened["lobby_id"], **changes)
    )

    assert refusal[:2] == (400, "bad_request")


async def test_a_session_of_an_unknown_lobby_is_not_found(lobby: Lobby) -> None:
    refusal = await lobby.refusal("admin", "measurement.create_session", **plan("nobody's"))

    assert refusal == Refusal(404, "not_found", "lobby_not_found")


async def test_a_lobby_runs_one_session_at_a_time(lobby: Lobby, session: Measuring) -> None:
    other = await lobby.ask("admin", "measurement.create_session", **plan(session.lobby_id))
    await session.start()

    starting = await lobby.refusal(
        "admin", "measurement.start_speaker", session_id=other["session_id"]
    )
    planning = await lobby.refusal("admin", "measurement.create_session", **plan(session.lobby_id))

    assert starting == planning == Refusal(409, "conflict", "other_session_running")


async def test_one_phone_may_play_at_two_places(lobby: Lobby) -> None:
    opened = await lobby.opened("s1", "m1")
    places = [{"device_id": "s1", "slot_id": "A"}, {"device_id": "s1", "slot_id": "B"}]

    created = await lobby.ask(
        "admin", "measurement.create_session", **plan(opened["lobby_id"], speakers=places)
    )

    assert created["total_speakers"] == 2


async def test_results_of_too_many_pairs_are_not_promised(lobby: Lobby) -> None:
    opened = await lobby.opened("s1", "m1")
    places = [{"device_id": "s1", "slot_id": f"{index}"} for index in range(64)]
    microphones = [{"device_id": one, "slot_id": one} for one in ("m1", "s1")]
    big = {"speakers": places, "microphones": microphones, "auto_analyze": True}

    refusal = await lobby.refusal(
        "admin", "measurement.create_session", **plan(opened["lobby_id"], **big)
    )

    assert refusal == Refusal(400, "bad_request", "bad_members")
