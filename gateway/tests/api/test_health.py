import aiohttp
import pytest
from gateway_harness import Gateways


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/healthz", {"status": "ok"}),
        ("/livez", {"status": "ok"}),
        ("/readyz", {"status": "ok", "checks": {}}),
    ],
)
async def test_the_gateway_is_well_even_with_every_service_down(
    gateways: Gateways, path: str, body: object
) -> None:
    down = "http://127.0.0.1:9"
    gateway = await gateways.start(lobby_url=down, measurement_url=down, simulation_url=down)

    async with aiohttp.ClientSession() as http, http.get(gateway.url + path) as answer:
        assert (answer.status, await answer.json()) == (200, body)


async def test_metrics_count_sockets_messages_and_pushes(gateways: Gateways) -> None:
    gateway = await gateways.start()

    async with gateway.phone("a") as phone:
        await phone.ask("lobby.get", "1")
        await phone.ask("no.such", "2")
        await gateway.push("news", ["a"])
        async with aiohttp.ClientSession() as http, http.get(f"{gateway.url}/metrics") as answer:
            lines = (await answer.text()).splitlines()

    assert "sonalyze_gateway_sockets 1.0" in lines
    assert 'sonalyze_gateway_forwarded_total{outcome="answered",service="lobby"} 1.0' in lines
    assert "sonalyze_gateway_pushes_total 1.0" in lines
    assert "sonalyze_gateway_given_up_total 0.0" in lines
