import httpx2

DOCUMENTED = {
    "concrete": (0.02, 0.05),
    "brick": (0.03, 0.10),
    "plaster": (0.05, 0.05),
    "glass": (0.03, 0.02),
    "wood_panel": (0.10, 0.15),
    "carpet": (0.30, 0.20),
    "curtain_heavy": (0.50, 0.40),
    "acoustic_panel": (0.80, 0.10),
}
PROFILES = ("iec_listening_room", "classroom_good", "classroom_typical", "lecture_hall")


async def test_the_materials_are_the_documented_ones_and_more(client: httpx2.AsyncClient) -> None:
    materials = (await client.get("/materials")).json()["materials"]

    table = {row["id"]: (row["absorption"], row["scattering"]) for row in materials}
    assert {name: table[name] for name in DOCUMENTED} == DOCUMENTED
    assert all(row["display_name"] and row["source"] for row in materials)
    assert all(len(row["absorption_bands"]) == 8 for row in materials)


async def test_the_profiles_are_the_documented_ones_and_more(client: httpx2.AsyncClient) -> None:
    profiles = (await client.get("/reference-profiles")).json()["profiles"]

    assert set(PROFILES) < {profile["id"] for profile in profiles}
    assert set(profiles[0]["metrics"][0]) >= {
        "key", "label", "unit", "value", "min_value", "max_value",
    }  # fmt: skip


async def test_health_is_the_documented_body(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/health")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_a_browser_of_any_origin_may_ask(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/materials", headers={"Origin": "https://app.example"})

    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "X-Job-ID" in answer.headers["Access-Control-Expose-Headers"]


async def test_only_the_gateway_may_forward_where_a_token_is_set(
    serve: object,
) -> None:
    async with serve(internal_auth_token="a token") as client:  # type: ignore[operator]  # noqa: S106
        answer = await client.post("/gateway/handle", json={})

    assert answer.status_code == 403
