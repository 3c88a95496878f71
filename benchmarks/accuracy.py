"""How right the analysis is, beside pyrato and a textbook: ``uv run benchmarks/accuracy.py``.

Analytic responses and emulated phone recordings with known truth are evaluated by three chains on
the same responses; errors are in just noticeable differences (``accuracy_figures.py``). Then comes
what must be refused, and how often the stated uncertainties hold. Everything is seeded: the same
code prints the same tables. ``--write docs/acoustics.md`` puts them between the markers there,
``--quick`` takes a sixth of the cases.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from accuracy_cases import Case, analytic_cases, analytic_response, with_noise
from accuracy_figures import FIGURES
from accuracy_peers import our_answer, pyrato_answer, textbook_answer
from accuracy_phones import SPEC, TESTED, phone_cases
from accuracy_refused import answered
from accuracy_scores import Scores, aligned, missed, table, worst_lines
from accuracy_truth import errors_against_closed_forms, truth_of
from numpy.typing import NDArray

from sonalyze_acoustics import Evaluation, evaluate_impulse_response, evaluate_recording

Array = NDArray[np.float64]

BEGIN, END = "<!-- accuracy: begin -->", "<!-- accuracy: end -->"
COVERAGE_SEED: Final = 95_026
COVERAGE_INR_DB: Final = (25.0, 35.0, 45.0, 60.0)
LEAST_COVERAGE: Final = 0.93
"""Of intervals that claim 95 %: no more than 7 % of draws may miss."""

CLEAN_S: Final = 3.0
"""From 3.1 s on the end chirp reaches into the highest octaves."""

FIRST_WORST_JND: Final = 1.0


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is evaluated."""

    analytic: int
    rooms: int
    per_room: int
    noisy_per_room: int
    per_kind: int
    covered: int
    draws: int


FULL: Final = Extent(90, len(TESTED), 3, 1, 4, 12, 8)
QUICK: Final = Extent(12, 6, 1, 1, 1, 6, 3)


def as_response(case: Case) -> Evaluation:
    """Evaluate what was given as an impulse response."""
    return evaluate_impulse_response(case.noisy, case.rate_hz)


def as_recording(case: Case) -> Evaluation:
    """Evaluate what was given as a recording."""
    return evaluate_recording(case.noisy, case.rate_hz, SPEC)


def for_peers(found: Evaluation) -> Array:
    """Give a response as long as a peer can use it: all of it, or up to the end chirp."""
    samples = found.response.samples.astype(np.float64)
    if found.alignment is None:
        return samples
    return samples[: found.direct_index + round(CLEAN_S * found.sample_rate_hz)]


def compared(cases: Iterable[Case], evaluate: Callable[[Case], Evaluation]) -> list[Scores]:
    """Let all chains evaluate all cases."""
    ours, pyrato, textbook = Scores("ours"), Scores("pyrato"), Scores("textbook")
    for case in cases:
        truth = truth_of(case.clean, case.clean_rate_hz)
        found = evaluate(case)
        response, rate_hz = for_peers(found), found.sample_rate_hz
        ours.add(our_answer(found), truth, case)
        pyrato.add(pyrato_answer(response, rate_hz), truth, case)
        textbook.add(textbook_answer(response, rate_hz), truth, case)
    return [ours, pyrato, textbook]


def noisy_draws(extent: Extent) -> Iterator[Case]:
    """Add noise to the same responses again and again."""
    for number in range(extent.covered):
        random = np.random.default_rng([COVERAGE_SEED, number])
        clean, name = analytic_response(random, has_two_slopes=not number % 3)
        for inr_db in COVERAGE_INR_DB:
            for _ in range(extent.draws):
                yield with_noise(f"{name}, INR {inr_db:.0f} dB", clean, inr_db, random)


def covered(extent: Extent) -> Scores:
    """Evaluate noisy draws of the same responses."""
    ours, truths = Scores("ours"), {}
    for case in noisy_draws(extent):
        key = id(case.clean)
        if key not in truths:
            truths = {key: truth_of(case.clean, case.clean_rate_hz)}
        ours.add(our_answer(as_response(case)), truths[key], case)
    return ours


class Report:
    """Lines that are printed as they come and kept for the document."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.is_met = True

    def say(self, *lines: str) -> None:
        """Print and keep lines."""
        for line in lines:
            print(line, flush=True)
        self.kept += lines

    def compare(self, title: str, evaluators: list[Scores], *, is_promised: bool) -> None:
        """Print a table, and for whoever looks for causes the largest errors of ours."""
        self.say("", f"**{title}**", "", *table(evaluators, is_promised=is_promised))
        print(*worst_lines(evaluators[0], 3, FIRST_WORST_JND), sep="\n")
        rows = evaluators[0].rows
        self.is_met &= not any(missed(row, is_promised=is_promised) for row in rows)

    def refuse(self, extent: Extent) -> None:
        """Print what is no measurement, and whether it was answered."""
        rows = [["kind", "answered", "refused as", ""]]
        for name, answers, codes in answered(extent.per_kind):
            verdict = "MISSED" if answers else ""
            rows.append([name, f"{answers} of {extent.per_kind}", ", ".join(codes), verdict])
            self.is_met &= not answers
        self.say("", "**What is no measurement**", "", *aligned(rows))

    def cover(self, extent: Extent, phones: Scores) -> None:
        """Print how often stated 95 % intervals hold, in drawn noise and for the phones."""
        rows = [["figure", "values", "interval holds", "phones: holds", "target", ""]]
        for row, phone in zip(covered(extent).rows, phones.rows, strict=True):
            holds = row.coverage
            is_missed = holds is None or holds < LEAST_COVERAGE
            rows.append([
                row.figure.label, str(len(row.errors)), _percent(holds), _percent(phone.coverage),
                f">= {LEAST_COVERAGE:.0%}", "MISSED" if is_missed else "",
            ])  # fmt: skip
            self.is_met &= not is_missed
        self.say("", "**Stated 95 % intervals**", "", *aligned(rows))


def _percent(share: float | None) -> str:
    return "not stated" if share is None else f"{share:.1%}"


def report(extent: Extent) -> Report:
    """Run everything."""
    said = Report()
    yardstick = errors_against_closed_forms()
    assert set(yardstick) <= {figure.label for figure in FIGURES}
    print("Yardstick against closed forms, JND:", {k: round(v, 3) for k, v in yardstick.items()})
    phones = compared(phone_cases(extent.rooms, extent.per_room), as_recording)
    count = f"{extent.rooms * extent.per_room} recordings in {extent.rooms} rooms"
    said.compare(f"Emulated phones: {count}", phones, is_promised=True)
    noisy = phone_cases(extent.rooms, extent.noisy_per_room, is_noisy=True)
    said.compare(
        "Emulated phones in noise: SNR 10 to 35 dB",
        compared(noisy, as_recording),
        is_promised=False,
    )
    analytic = compared(analytic_cases(extent.analytic), as_response)
    title = "T 0.2 to 8 s, INR 15 to 70 dB, DRR -10 to 5 dB"
    said.compare(f"{extent.analytic} analytic responses: {title}", analytic, is_promised=False)
    said.refuse(extent)
    said.cover(extent, phones[0])
    return said


def write(document: Path, lines: list[str]) -> None:
    """Put the tables between the markers of a document."""
    text = document.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    middle = "\n".join(lines).strip()
    document.write_text(f"{before}{BEGIN}\n\n{middle}\n\n{END}{after}", encoding="utf-8")


def main() -> int:
    """Print all tables; fail when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a sixth of the cases")
    parser.add_argument("--write", type=Path, help="document whose tables are replaced")
    chosen = parser.parse_args()
    said = report(QUICK if chosen.quick else FULL)
    if chosen.write:
        write(chosen.write, said.kept)
    return 0 if said.is_met else 1


if __name__ == "__main__":
    sys.exit(main())
