from starlette.types import Message

from sonalyze_storage.app import create_app
from sonalyze_storage.settings import Settings


async def test_a_client_that_hangs_up_in_the_middle_of_a_body_is_no_failure(
    migrated_url: str,
) -> None:
    app = create_app(Settings(_env_file=None, database_url=migrated_url, log_level="ERROR"))
    said: list[Message] = [
        {"type": "http.request", "body": b'{"rows": [', "more_body": True},
        {"type": "http.disconnect"},
    ]
    answered: list[Message] = []

    async def receive() -> Message:
        return said.pop(0)

    async def send(message: Message) -> None:
        answered.append(message)

    async with app.router.lifespan_context(app):
        await app(
            {
                "type": "http",
                "method": "POST",
                "path": "/v1/devices/batch",
                "query_string": b"",
                "headers": [],
            },
            receive,
            send,
        )

    assert answered[0]["status"] == 400
