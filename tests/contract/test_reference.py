from pathlib import Path

from sonalyze_chassis.reference import stale

ROOT = Path(__file__).resolve().parents[2]


def test_the_reference_documents_are_what_the_code_says() -> None:
    assert stale(ROOT) == [], "run ./sonalyze reference"
