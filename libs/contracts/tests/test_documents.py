from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from sonalyze_contracts.documents import DEEPEST, JsonObject

ADAPTER: TypeAdapter[dict[str, Any]] = TypeAdapter(JsonObject)
TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=9
)


def nested(levels: int) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for _ in range(levels - 1):
        document = {"in": document}
    return document


@given(VALUES)
def test_ordinary_json_passes_unchanged(value: object) -> None:
    assert ADAPTER.validate_python({"value": value}) == {"value": value}


@pytest.mark.parametrize(
    "value", [float("nan"), float("-inf"), 2**63, "\ud800", "a\x00b", {"\udfff": 1}, [["\ud800"]]]
)
def test_what_no_encoder_can_write_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        ADAPTER.validate_python({"value": value})


def test_a_document_may_be_so_deep_and_no_deeper() -> None:
    ADAPTER.validate_python(nested(DEEPEST))

    with pytest.raises(ValidationError):
        ADAPTER.validate_python(nested(DEEPEST + 1))
