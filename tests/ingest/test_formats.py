"""The formats that docqa brings; tests/app/test_plugins.py adds one."""

from docqa.ingest.formats import FORMATS


def test_every_reader_that_is_registered_can_be_loaded():
    assert all(callable(each.read()) for each in FORMATS)
