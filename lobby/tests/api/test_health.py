from lobby_harness import Gateway, Lobby, running
from pydantic import SecretStr
from throwaway_postgres import Server

from sonalyze_lobby.settings import Settings


async def test_health_names_the_service_and_says_that_the_database_answers(lobby: Lobby) -> None:
    health = await lobby.http.get("/health")
    ready = await lobby.http.get("/readyz")

    assert (health.status_code, health.json()) == (200, {"service": "lobby", "ok": True})
    assert ready.json()["checks"] == {"database": "ok", "watch": "ok"}


async def test_with_the_database_gone_the_lobby_lives_and_is_not_ready(
    postgres: Server, gateway: Gateway
) -> None:
    database = await postgres.fresh_database()
    settings = Settings(
        _env_file=None,
        database_url=postgres.url(database),
        gateway_url=gateway.url,
        service_name="another name",
        internal_auth_token=SecretStr(""),
        log_level="ERROR",
    )

    async with running(settings) as lobby:
        await postgres.drop_database(database)
        health = await lobby.http.get("/health")
        ready = await lobby.http.get("/readyz")
        alive = await lobby.http.get("/livez")
        created = await lobby.forward("admin", "lobby.create")

    assert (health.status_code, health.json()) == (503, {"service": "another name", "ok": False})
    assert ready.status_code == 503
    assert alive.status_code == 200
    assert (created.status_code, created.json()["code"]) == (503, "unavailable")
    assert created.json()["retryable"] is True
