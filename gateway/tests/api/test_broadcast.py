import io
import json

import aiohttp
import pytest
from gateway_harness import TOKEN, Gateways, RunningGateway

BODY = {"event": "news", "data": {"x": 1}, "targets": {"device_ids": ["a"]}}


async def post(
    gateway: RunningGateway, body: object, token: str | None = TOKEN
) -> tuple[int, dict[str, object]]:
    headers = {} if token is None else {"X-Internal-Token": token}
    data = body if isinstance(body, str) else json.dumps(body)
    async with (
        aiohttp.ClientSession() as http,
        http.post(
            f"{gateway.url}/internal/broadcast", data=io.BytesIO(data.encode()), headers=headers
        ) as answer,
    ):
        return answer.status, await answer.json()


async def test_a_push_reaches_every_socket_of_its_devices_and_no_other(gateways: Gateways) -> None:
    gateway = await gateways.start()

    async with (
        gateway.phone("a") as one,
        gateway.phone("a") as other,
        gateway.phone("b") as second,
        gateway.phone("c") as stranger,
    ):
        receipt = await post(gateway, BODY | {"targets": {"device_ids": ["a", "b", "unknown"]}})
        heard = [await phone.hear() for phone in (one, other, second)]
        to_stranger = await stranger.ask("no.such")

    assert receipt == (200, {"sent": 3})
    assert (
        heard
        == [{"type": "event", "event": "news", "request_id": None, "data": {"x": 1}, "error": None}]
        * 3
    )
    assert to_stranger["error"]["code"] == "unknown_event"


async def test_naming_a_device_twice_tells_it_once(gateways: Gateways) -> None:
    gateway = await gateways.start()

    async with gateway.phone("a"):
        receipt = await post(gateway, BODY | {"targets": {"device_ids": ["a", "a"]}})

    assert receipt == (200, {"sent": 1})


async def test_a_socket_is_reached_once_it_has_identified_itself(gateways: Gateways) -> None:
    gateway = await gateways.start()

    async with gateway.phone() as phone:
        await phone.hear()
        before = await post(gateway, BODY)
        await phone.ask("identify", device_id="a")
        await phone.ask("identify", device_id="a")
        after = await post(gateway, BODY)

    assert (before, after) == ((200, {"sent": 0}), (200, {"sent": 1}))


async def test_a_socket_that_left_is_not_counted(gateways: Gateways) -> None:
    gateway = await gateways.start()

    async with gateway.phone("a"):
        pass
    receipt = await post(gateway, BODY)

    assert receipt == (200, {"sent": 0})


async def test_data_and_targets_default_to_nothing(gateways: Gateways) -> None:
    gateway = await gateways.start()

    assert await post(gateway, {"event": "news", "targets": {}}) == (200, {"sent": 0})


@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN + "x", "falsch-ä"])
async def test_strangers_tell_nobody_anything(gateways: Gateways, token: str | None) -> None:
    gateway = await gateways.start()

    status, body = await post(gateway, "not even JSON", token)

    assert (status, body["code"]) == (403, "forbidden")


async def test_without_a_token_of_its_own_the_gateway_refuses(gateways: Gateways) -> None:
    gateway = await gateways.start(internal_auth_token="")

    status, body = await post(gateway, BODY, "")

    assert status == 500
    assert body["detail"] == "INTERNAL_AUTH_TOKEN is not configured"


@pytest.mark.parametrize(
    "body",
    [
        "{",
        {},
        {"event": "news"},
        BODY | {"event": ""},
        BODY | {"data": []},
        BODY | {"targets": {"device_ids": "a"}},
        BODY | {"targets": {"device_ids": [1]}},
        '{"event": "e", "data": {"x": ' + "[" * 250 + "]" * 250 + '}, "targets": {}}',
    ],
)
async def test_a_body_of_another_shape_is_422(gateways: Gateways, body: object) -> None:
    gateway = await gateways.start()

    status, answer = await post(gateway, body)

    assert status == 422
    assert answer["detail"]


async def test_a_push_carries_any_number(gateways: Gateways) -> None:
    gateway = await gateways.start()

    async with gateway.phone("a") as phone:
        await gateway.push("news", ["a"], numbers=[2**200, -(2**63), 1e308, 0.1])
        heard = await phone.hear()

    assert heard["data"]["numbers"] == [2**200, -(2**63), 1e308, 0.1]


async def test_a_broadcast_is_bounded(gateways: Gateways) -> None:
    gateway = await gateways.start()

    status, body = await post(gateway, BODY | {"data": {"x": "y" * (2 << 20)}})

    assert (status, body["code"]) == (413, "too_large")


@pytest.mark.parametrize("size", [0, 100, 126, 200, 65_500, 65_536, 300_000])
async def test_a_push_of_any_length_arrives_whole(gateways: Gateways, size: int) -> None:
    gateway = await gateways.start()

    async with gateway.phone("a") as phone:
        await gateway.push("news", ["a"], text="é" * size)
        heard = await phone.hear()

    assert heard["data"]["text"] == "é" * size
