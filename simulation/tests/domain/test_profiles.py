import pytest

from sonalyze_simulation.domain.profiles import reference_profiles

LISTED = {profile.id: profile for profile in reference_profiles().profiles}


@pytest.mark.parametrize(
    ("profile_id", "low_s", "high_s"),
    [
        ("iec_listening_room", 0.3, 0.4),
        ("classroom_good", 0.4, 0.6),
        ("classroom_typical", 0.8, 1.2),
        ("lecture_hall", 0.8, 1.0),
        ("concert_hall", 1.8, 2.2),
    ],
)
def test_a_documented_profile_has_its_target(profile_id: str, low_s: float, high_s: float) -> None:
    time = LISTED[profile_id].metrics[0]

    assert (time.key, time.unit) == ("rt60_s", "s")
    assert (time.target_min, time.target_max) == (low_s, high_s)
    assert time.value == pytest.approx((low_s + high_s) / 2)


@pytest.mark.parametrize(
    ("profile_id", "time_s"),
    [
        ("classroom", 0.6),
        ("concert_hall", 2.0),
        ("home_theater", 0.4),
        ("recording_studio", 0.3),
        ("office", 0.5),
    ],
)
def test_an_id_of_older_apps_has_its_reverberation_time(profile_id: str, time_s: float) -> None:
    assert LISTED[profile_id].metrics[0].value == pytest.approx(time_s)


@pytest.mark.parametrize("profile_id", LISTED)
def test_a_profile_has_the_documented_metrics_and_ranges(profile_id: str) -> None:
    metrics = {metric.key: metric for metric in LISTED[profile_id].metrics}

    assert {key: (each.min_value, each.max_value) for key, each in metrics.items()} == {
        "rt60_s": (0, 3),
        "edt_s": (0, 3),
        "d50": (0, 1),
        "c50_db": (-10, 20),
        "c80_db": (-10, 20),
        "drr_db": (-20, 20),
    }
    assert all(each.min_value <= each.value <= each.max_value for each in metrics.values())
    assert all(each.label for each in metrics.values())
    assert LISTED[profile_id].notes
