"""What runs took, and the estimates that follow."""

import pytest

from docqa.app.batch.speeds import FILE, Speeds, load_speeds, save_speeds


def test_estimates_of_the_same_documents_add_up_to_what_they_took():
    speeds, took = Speeds(), {100: 3.0, 5_000: 40.0, 20: 2.0}
    for size, seconds in took.items():
        speeds.add("work", size, seconds)
    assert sum(speeds.at("work", size, 0.0) for size in took) == pytest.approx(sum(took.values()))
    assert speeds.at("reading .pdf", 100, 7.0) == 7.0


def test_newer_runs_count_more():
    speeds = Speeds()
    for seconds in (10.0, 10.0, 20.0, 20.0):
        speeds.age()
        speeds.add("work", 100, seconds)
    assert 17 < speeds.at("work", 100, 0.0) < 20


def test_learned_speeds_are_loaded_and_a_damaged_file_counts_as_none(tmp_path):
    speeds = Speeds()
    speeds.add("tokens .txt", 400, 100)
    save_speeds(tmp_path, "one", speeds)
    save_speeds(tmp_path, "two", Speeds())
    assert load_speeds(tmp_path, "one") == speeds
    assert load_speeds(tmp_path, "two") == Speeds()
    for damaged in ('{"schema": 3, "speeds": {"one": {"work": 3}}}', "nothing of JSON"):
        (tmp_path / FILE).write_text(damaged)
        assert load_speeds(tmp_path, "one") == Speeds()
