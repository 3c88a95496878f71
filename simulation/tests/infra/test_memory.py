from dataclasses import replace
from datetime import UTC, datetime, timedelta

from prepared_rooms import answer

from sonalyze_contracts.identifiers import JobId
from sonalyze_contracts.simulation_jobs import JobStatus
from sonalyze_simulation.domain.jobs import JobView
from sonalyze_simulation.infra.memory import RememberedJobs

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
SIZE = answer().size


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = BEGINNING

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.now


def job(name: str, *, has_answer: bool = True) -> JobView:
    return JobView(
        job_id=JobId(name),
        status=JobStatus.COMPLETED if has_answer else JobStatus.FAILED,
        created_at=BEGINNING,
        answer=answer() if has_answer else None,
    )


async def remembered(records: RememberedJobs, names: str) -> list[str]:
    return [name for name in names if await records.find(JobId(name)) is not None]


async def test_the_oldest_answers_make_room_for_new_ones() -> None:
    records = RememberedJobs(most_bytes=2 * SIZE)

    for name in "abc":
        await records.keep(job(name))

    assert await remembered(records, "abc") == ["b", "c"]


async def test_one_job_is_remembered_however_large() -> None:
    records = RememberedJobs(most_bytes=1)

    for name in "ab":
        await records.keep(job(name))

    assert await remembered(records, "ab") == ["b"]


async def test_no_more_jobs_are_remembered_than_the_limit() -> None:
    records = RememberedJobs(most_bytes=SIZE, most_jobs=2)

    for name in "abc":
        await records.keep(job(name, has_answer=False))

    assert await remembered(records, "abc") == ["b", "c"]


async def test_a_job_is_forgotten_after_its_time() -> None:
    clock = Clock()
    records = RememberedJobs(most_bytes=9 * SIZE, longest=timedelta(hours=1), clock=clock)
    await records.keep(job("a"))
    clock.now += timedelta(minutes=30)
    await records.keep(job("b"))

    clock.now += timedelta(minutes=30)

    assert await remembered(records, "ab") == ["b"]


async def test_what_was_asked_for_is_not_remembered_with_what_came_of_it() -> None:
    records = RememberedJobs(most_bytes=SIZE)

    await records.keep(replace(job("a", has_answer=False), params={"walls": ["brick"] * 1_000}))

    found = await records.find(JobId("a"))
    assert found is not None
    assert found.params == {}
