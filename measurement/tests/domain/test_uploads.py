import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonalyze_contracts.errors import Conflict, Invalid
from sonalyze_measurement.domain.uploads import Piece

SIZES = st.integers(0, 1 << 40)


@given(offset=SIZES, arrived=SIZES)
def test_a_piece_fits_only_where_the_earlier_ones_end(offset: int, arrived: int) -> None:
    piece = Piece(offset)

    if offset == arrived:
        piece.require_fit(arrived)
    else:
        with pytest.raises(Conflict) as refusal:
            piece.require_fit(arrived)
        assert refusal.value.facts["offset"] == arrived


@given(arrived=SIZES)
def test_without_a_length_the_last_piece_completes(arrived: int) -> None:
    assert Piece(0, is_last=True).completes(arrived)
    assert not Piece(0).completes(arrived)


@given(length=st.integers(1, 1000), arrived=st.integers(0, 1000))
def test_with_a_length_the_upload_is_whole_exactly_then(length: int, arrived: int) -> None:
    if arrived > length:
        with pytest.raises(Invalid):
            Piece(0, length_bytes=length).completes(arrived)
    else:
        assert Piece(0, length_bytes=length).completes(arrived) == (arrived == length)


def test_a_last_piece_that_ends_early_is_a_contradiction() -> None:
    with pytest.raises(Invalid):
        Piece(0, is_last=True, length_bytes=10).completes(9)
