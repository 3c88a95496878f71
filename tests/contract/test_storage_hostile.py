"""Bodies that no careful client sends: storage refuses them, and its lists stay readable.

The laws: whatever stands in a body, the answer is no 5xx; what was accepted reads back as it was
sent; and afterwards the list answers in strict JSON.
"""

import json
import math
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from storage_client import Storage, assert_refused, path_of, row_of
from storage_shapes import SHAPES, WITH_JSON

from sonalyze_contracts.archive import Resource

with_json = pytest.mark.parametrize("resource", WITH_JSON)

drawn = settings(
    max_examples=15,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)

HARMLESS_TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
HARMLESS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 53), 1 << 53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | HARMLESS_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(HARMLESS_TEXT, inner, max_size=4),
    max_leaves=12,
)
"""What every database and every JSON library keeps as it is."""

ANY_TEXT = st.text(st.characters(codec=None)) | st.sampled_from(["\x00", "\ud800", "\udfff\ud800"])
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([1 << 31, 1 << 32, 1 << 63, -(1 << 63) - 1, 1 << 64, 10**400])
    | st.floats()
    | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)


def nested(depth: int, *, as_list: bool = False) -> dict[str, Any]:
    """Give an object so many objects or lists deep."""
    inner: Any = 1
    for _ in range(depth):
        inner = [inner] if as_list else {"a": inner}
    return {"deep": inner}


NASTY = {
    "nul": {"a": "b\x00c"},
    "nul in a name": {"a\x00b": 1},
    "nul far inside": {"a": [{"b": ["\x00"]}]},
    "lone surrogate": {"a": "\ud800"},
    "lone surrogate in a name": {"\udc00": 1},
    "surrogates the wrong way round": {"a": "\udc00\ud800"},
    "integer of 65 bits": {"a": 1 << 64},
    "negative integer of 65 bits": {"a": -(1 << 63) - 1},
    "integer of 1,000 digits": {"a": 10**1000},
    "not a number": {"a": math.nan},
    "infinity": {"a": [math.inf, -math.inf]},
    "deep objects": nested(300),
    "deep lists": nested(900, as_list=True),
}


def as_number(text: str) -> Any:  # noqa: ANN401  JSON
    """Read JSON as JavaScript does: 1e300 and the same number in 301 digits are one."""
    return json.loads(text, parse_int=float)


def assert_list_is_readable(storage: Storage, resource: Resource) -> None:
    """The newest rows are there, in JSON that any parser takes."""
    answer = storage.ask("GET", path_of(resource), limit=5)
    assert answer.status_code == 200, answer.text
    json.loads(answer.content, parse_constant=pytest.fail)


def asked_everywhere(storage: Storage, resource: Resource, fields: dict[str, Any]) -> list[int]:
    """Create, change and batch with these fields; give the answers' statuses."""
    row = storage.any_row(resource)
    required = storage.required(resource)
    answers = [
        storage.post(resource, **required | fields),
        storage.patch(resource, row["id"], **fields),
        storage.batch(resource, storage.required(resource) | fields),
    ]
    for answer in answers:
        assert answer.status_code < 500, answer.text
        if answer.status_code >= 400:
            assert_refused(answer, answer.status_code)
    return [answer.status_code for answer in answers]


@with_json
def test_an_object_that_cannot_be_kept_is_refused(storage: Storage, resource: Resource) -> None:
    for name, nasty in NASTY.items():
        fields = {str(SHAPES[resource].json_field): nasty}

        assert asked_everywhere(storage, resource, fields) == [422, 422, 422], name

    assert_list_is_readable(storage, resource)


@with_json
def test_what_is_no_object_is_refused(storage: Storage, resource: Resource) -> None:
    for value in (None, [], "text", 7, 1.5, True):
        fields = {str(SHAPES[resource].json_field): value}

        assert asked_everywhere(storage, resource, fields) == [422, 422, 422]

    assert_list_is_readable(storage, resource)


@with_json
@drawn
@given(value=st.dictionaries(HARMLESS_TEXT, HARMLESS, max_size=4))
@example(value={"n": (1 << 53) - 1, "x": 1e300, "y": 5e-324, "z": -0.0, "": {"": [[], {}, None]}})
@example(value={"deep": nested(20), "listed": nested(20, as_list=True)})
def test_an_object_reads_back_as_it_was_sent(
    storage: Storage, resource: Resource, value: dict[str, Any]
) -> None:
    field = str(SHAPES[resource].json_field)

    created = storage.post(resource, **storage.required(resource), **{field: value})
    read = storage.get(resource, row_of(created)["id"])

    assert as_number(created.text)[field] == as_number(json.dumps(value))
    assert as_number(read.text)[field] == as_number(json.dumps(value))


@with_json
@drawn
@given(value=st.dictionaries(ANY_TEXT, ANYTHING, max_size=4))
def test_no_object_breaks_anything(
    storage: Storage, resource: Resource, value: dict[str, Any]
) -> None:
    asked_everywhere(storage, resource, {str(SHAPES[resource].json_field): value})

    assert_list_is_readable(storage, resource)


@pytest.mark.parametrize("resource", SHAPES)
@drawn
@given(data=st.data())
def test_no_value_of_any_field_breaks_anything(
    storage: Storage, resource: Resource, data: st.DataObject
) -> None:
    shape = SHAPES[resource]
    names = sorted({*shape.defaults, *shape.full, *shape.patchable, *shape.references, "id"})
    more = [shape.happened_at, "code", "external_id", "type"]
    fields = data.draw(
        st.dictionaries(st.sampled_from([*names, *more]) | ANY_TEXT, ANYTHING, max_size=3)
    )

    asked_everywhere(storage, resource, fields)

    assert_list_is_readable(storage, resource)


@pytest.mark.parametrize("resource", SHAPES)
def test_a_field_of_an_unprintable_name_breaks_nothing(
    storage: Storage, resource: Resource
) -> None:
    for name in ("\ud800", "a\x00b", "x" * 100_000):
        statuses = asked_everywhere(storage, resource, {name: 1})

        assert set(statuses) <= {200, 422}, name[:9]


@pytest.mark.parametrize("resource", SHAPES)
def test_answers_to_bad_rows_stay_small(storage: Storage, resource: Resource) -> None:
    answer = storage.batch(resource, *[{"id": "x" * 1000, "metadata": None}] * 1000)

    assert_refused(answer, 422, "bad_request")
    assert len(answer.content) < 1 << 20
