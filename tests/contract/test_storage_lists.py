"""Lists of storage: newest first, limits that are clamped, and pages that stay true."""

import re
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from storage_client import Row, Storage, assert_refused, new_id, path_of
from storage_shapes import SHAPES

from sonalyze_contracts.archive import Resource

every_resource = pytest.mark.parametrize("resource", SHAPES)

STRANGE_CURSORS = (
    *("", "x", "!", "%", "====", "\x00", "ü", "W10", "e30", "bnVsbA", "MTIz", "A" * 5000),
    *("WyIyMDI2LTAxLTAxVDAwOjAwOjAwIiwieCJd", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5"),
    *(new_id(), "2026-05-04T12:30:00Z"),
)

UNDERSCORED = [resource for resource in SHAPES if "-" in resource]


def in_lobby(storage: Storage, count: int, **fields: object) -> str:
    """Write measurements of one lobby, and give it."""
    lobby = storage.lobby()
    storage.write(Resource.MEASUREMENTS, *({"lobby_id": lobby, **fields} for _ in range(count)))
    return lobby


@every_resource
def test_the_newest_stands_first(storage: Storage, resource: Resource) -> None:
    created = [storage.any_row(resource)["id"] for _ in range(4)]

    assert storage.ids(resource, limit=4) == created[::-1]
    assert storage.ids(resource, limit=2, offset=1) == created[2:0:-1]


def test_a_list_has_a_hundred_rows_unless_told_otherwise(storage: Storage) -> None:
    lobby = in_lobby(storage, 101)

    assert len(storage.rows(Resource.MEASUREMENTS, lobby_id=lobby)) == 100


def test_a_limit_is_clamped(storage: Storage) -> None:
    lobby = in_lobby(storage, 501)

    for limit, length in (
        *((0, 1), (-5, 1), (-(10**30), 1), (1, 1)),
        *((500, 500), (501, 500), (10**9, 500), (10**30, 500)),
    ):
        rows = storage.rows(Resource.MEASUREMENTS, lobby_id=lobby, limit=limit)

        assert len(rows) == length, limit


def test_an_offset_is_clamped(storage: Storage) -> None:
    lobby = in_lobby(storage, 3)

    for offset, length in ((-1, 3), (-(10**30), 3), (0, 3), (2, 1), (3, 0), (10**30, 0)):
        rows = storage.rows(Resource.MEASUREMENTS, lobby_id=lobby, offset=offset)

        assert len(rows) == length, offset


@every_resource
def test_what_is_no_number_is_refused(storage: Storage, resource: Resource) -> None:
    for name, value in product(("limit", "offset"), ("", "many", "1.5", "\x00")):
        answer = storage.ask("GET", path_of(resource), **{name: value})

        assert_refused(answer, 422, "bad_request")


@every_resource
def test_following_the_links_shows_every_row_once_in_order(
    storage: Storage, resource: Resource
) -> None:
    created = [storage.any_row(resource)["id"] for _ in range(5)]

    pages = storage.pages(resource, limit=2)

    rows = [row["id"] for _, page in zip(range(3), pages, strict=False) for row in page]
    assert rows[:5] == created[::-1]
    assert len(set(rows)) == len(rows) == 6


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_the_last_page_has_no_link(storage: Storage, count: int) -> None:
    lobby = in_lobby(storage, count)

    pages = list(storage.pages(Resource.MEASUREMENTS, lobby_id=lobby, limit=2))

    assert [len(page) for page in pages] == [2] * (count // 2) + [1] * (count % 2)


def test_pages_keep_the_filter(storage: Storage) -> None:
    lobby = storage.lobby()
    queued = [storage.job(lobby_id=lobby) for _ in range(3)]
    storage.job(lobby_id=lobby, status="failed")

    pages = list(storage.pages(Resource.SIMULATION_JOBS, lobby_id=lobby, status="queued", limit=1))

    assert [[row["id"] for row in page] for page in pages] == [[one] for one in queued[::-1]]


def test_rows_of_the_same_moment_are_each_seen_once(storage: Storage) -> None:
    lobby = in_lobby(storage, 7, created_at="2026-05-04T12:30:00.000001Z")

    pages = list(storage.pages(Resource.MEASUREMENTS, lobby_id=lobby, limit=2))

    ids = [row["id"] for page in pages for row in page]
    assert len(ids) == len(set(ids)) == 7
    assert ids == storage.ids(Resource.MEASUREMENTS, lobby_id=lobby)


def test_moments_a_microsecond_apart_keep_their_order(storage: Storage) -> None:
    lobby, at = storage.lobby(), datetime(2026, 5, 4, 12, 30, 0, 999_998, tzinfo=UTC)
    ids = storage.write(
        Resource.MEASUREMENTS,
        *(
            {"lobby_id": lobby, "created_at": (at + timedelta(microseconds=number)).isoformat()}
            for number in range(4)
        ),
    )

    pages = list(storage.pages(Resource.MEASUREMENTS, lobby_id=lobby, limit=1))

    assert [row["id"] for page in pages for row in page] == ids[::-1]


def test_what_is_written_and_deleted_meanwhile_moves_no_page(storage: Storage) -> None:
    lobby = storage.lobby()
    ids = [storage.measurement(lobby_id=lobby) for _ in range(6)]
    pages = storage.pages(Resource.MEASUREMENTS, lobby_id=lobby, limit=2)

    seen: list[Row] = next(pages)
    storage.measurement(lobby_id=lobby)
    storage.delete(Resource.MEASUREMENTS, seen[-1]["id"])
    rest = [row for page in pages for row in page]

    assert [row["id"] for row in [*seen, *rest]] == ids[::-1]


def test_a_link_is_relative_to_whoever_was_asked(storage: Storage) -> None:
    lobby = in_lobby(storage, 2)

    answer = storage.ask("GET", path_of(Resource.MEASUREMENTS), lobby_id=lobby, limit=1)

    link = answer.headers["Link"]
    assert re.fullmatch(r'</v1/measurements\?[^>]*after=[^>&]+[^>]*>; rel="next"', link)


@every_resource
def test_a_cursor_that_no_page_gave_is_refused(storage: Storage, resource: Resource) -> None:
    for cursor in STRANGE_CURSORS:
        answer = storage.ask("GET", path_of(resource), after=cursor)

        assert_refused(answer, 422, "bad_request")


@every_resource
def test_a_cursor_that_was_tampered_with_breaks_nothing(
    storage: Storage, resource: Resource
) -> None:
    storage.any_row(resource)
    storage.any_row(resource)
    link = storage.ask("GET", path_of(resource), limit=1).links["next"]["url"]
    cursor = re.search(r"after=([^&]+)", link)
    assert cursor

    for place in range(len(cursor[1])):
        other = "A" if cursor[1][place] != "A" else "9"
        tampered = cursor[1][:place] + other + cursor[1][place + 1 :]
        answer = storage.http.get(f"{path_of(resource)}?limit=1&after={tampered}")

        assert answer.status_code in {200, 422}, f"{tampered}: {answer.text}"


@pytest.mark.parametrize("resource", UNDERSCORED)
def test_paths_with_underscores_answer_alike(storage: Storage, resource: Resource) -> None:
    path = resource.replace("-", "_")
    shape = SHAPES[resource]
    required = storage.required(resource)

    created = storage.ask("POST", path_of(path), required).json()
    one = path_of(path, created["id"])
    changed = storage.ask("PATCH", one, shape.patchable).json()
    batch = storage.ask(
        "POST", path_of(path, "batch"), {"rows": [required | {"id": created["id"]}]}
    )

    assert changed["id"] == created["id"]
    assert batch.json() == {"written": 1, "ids": [created["id"]]}
    assert storage.ask("GET", one).json() == changed
    assert storage.rows(path, limit=1) == [changed]
    assert storage.ask("DELETE", one).json() == {"deleted": True}
    assert_refused(storage.get(resource, created["id"]), 404)


def test_a_result_is_found_by_its_job_under_underscores_too(storage: Storage) -> None:
    job = storage.job()
    result = storage.create(Resource.SIMULATION_RESULTS, job_id=job)

    assert storage.ask("GET", f"/v1/simulation_results/by-job/{job}").json() == result
