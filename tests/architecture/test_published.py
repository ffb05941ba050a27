"""What is checked in under contracts/published is what the contracts and the law say, to the byte."""

import pytest

from contracts.book import load
from hub.config import read
from hub.publishing import PARTS, README, differences, everything, place


@pytest.mark.trap("S2")
def test_the_published_files_are_those_that_would_be_generated() -> None:
    assert differences(place(None), load(), read({})) == [], "run: jukihub contracts publish"


def test_every_published_file_is_explained_in_the_readme() -> None:
    files = everything(load(), read({}))
    explained = {name for part in PARTS for name in part.about}
    assert {name.split("/")[0] for name in files} - {README} == {name.split("/")[0] for name in explained}
    assert [name for name in explained if f"`{name}`" not in files[README]] == []


def test_publishing_twice_gives_the_same_bytes() -> None:
    assert everything(load(), read({})) == everything(load(), read({}))
