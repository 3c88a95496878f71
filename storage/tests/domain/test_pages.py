from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonalyze_storage.domain.conditions import BadCursor
from sonalyze_storage.domain.pages import Place


@given(st.datetimes(timezones=st.just(UTC)), st.uuids())
def test_a_cursor_says_exactly_where_a_page_ended(time: datetime, row_id: UUID) -> None:
    place = Place(time, row_id)

    assert Place.read(place.cursor()) == place


@given(st.text(max_size=40))
def test_anything_else_is_a_place_or_refused(cursor: str) -> None:
    try:
        place = Place.read(cursor)
    except BadCursor:
        return

    assert place.time.tzinfo is UTC


@pytest.mark.parametrize("cursor", ["", "?", "AAAA", "A" * 31, "A" * 36, "é" * 32])
def test_what_no_page_gave_is_refused(cursor: str) -> None:
    with pytest.raises(BadCursor):
        Place.read(cursor)
