from hypothesis import given
from hypothesis import strategies as st

from sonalyze_gateway.domain.bucket import TokenBucket


def test_a_burst_passes_at_once_and_no_more() -> None:
    bucket = TokenBucket(rate_per_s=10, burst=20, now_s=0)

    passed = [bucket.take(0) for _ in range(25)]

    assert passed == [True] * 20 + [False] * 5


def test_tokens_come_back_at_the_rate() -> None:
    bucket = TokenBucket(rate_per_s=10, burst=1, now_s=0)
    bucket.take(0)

    passed = [bucket.take(0.05), bucket.take(0.1), bucket.take(0.15)]

    assert passed == [False, True, False]


def test_a_long_silence_earns_one_burst() -> None:
    bucket = TokenBucket(rate_per_s=10, burst=3, now_s=0)

    passed = [bucket.take(1e9) for _ in range(5)]

    assert passed == [True] * 3 + [False] * 2


@given(
    rate=st.floats(0.1, 1000),
    burst=st.integers(1, 100),
    pauses=st.lists(st.floats(0, 10), max_size=200),
)
def test_never_more_pass_than_burst_and_rate_allow(
    rate: float, burst: int, pauses: list[float]
) -> None:
    bucket = TokenBucket(rate, burst, now_s=0)
    now_s, passed = 0.0, 0

    for pause in pauses:
        now_s += pause
        passed += bucket.take(now_s)

    assert passed <= burst + rate * now_s + 1e-6
