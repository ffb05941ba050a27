"""The published schema of a 届出 says what the counter reads, in Japanese, with an example of every act."""

import json
from pathlib import Path

import pytest
import typer
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from producers import filing_cli, notices
from producers.notices import titles
from producers.notices.examples import EXAMPLES
from producers.notices.schema import document
from producers.refusals import NoticeRefused

SCHEMA = document()
PUBLISHED = Path(notices.__file__).with_name("todokede.schema.json")
APP = typer.Typer()
APP.command()(filing_cli.todokede)
VALIDATOR = Draft202012Validator(SCHEMA)


def command(*args):
    return CliRunner().invoke(APP, args)


def test_the_published_file_is_the_schema_of_the_forms():
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == SCHEMA


def test_the_command_prints_it():
    printed = command("--schema")
    assert (printed.exit_code, json.loads(printed.stdout)) == (0, SCHEMA)


def test_neither_a_file_nor_the_schema_is_a_usage_error():
    assert command().exit_code == 2


def test_the_schema_is_one():
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("act", EXAMPLES)
def test_every_example_is_a_notice_and_fits_the_schema(act):
    assert notices.read(EXAMPLES[act]).act == act
    assert [*VALIDATOR.iter_errors(EXAMPLES[act])] == []


@pytest.mark.parametrize(
    ("act", "changed"),
    [
        ("death", {"atena_no": "１２"}), ("death", {"atena_no": 1}), ("death", {"secret": "x"}),
        ("death", {"died_on": "昨日"}), ("birth", {"child": None}), ("move-in", {"persons": []}),
        ("cancel", {"change": "1"}), ("cancel", {"ground": ""}),
        ("ex-officio-correction", {"items": {"name": None}}), ("ex-officio-correction", {"items": {"my_number": "1"}}),
        ("residence-status", {"items": {"art30_45_category": None}}), ("protection-start", {"atena_nos": []}),
        ("furigana", {"receipt": "R 1"}),
    ],
)  # fmt: skip
def test_what_the_form_refuses_the_schema_refuses(act, changed):
    value = {**EXAMPLES[act], **changed}
    with pytest.raises(NoticeRefused):
        notices.read(value)
    strict = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
    assert [*strict.iter_errors(value)] != []


def test_everything_has_a_japanese_title():
    for name, schema in SCHEMA["$defs"].items():
        told = [schema["title"], *(inner["title"] for inner in schema["properties"].values())]
        assert all(any(ord(letter) > 0x3000 for letter in title) for title in told), name


def test_no_title_is_left_over():
    defined = SCHEMA["$defs"]
    used = {name for schema in defined.values() for name in schema["properties"]}
    assert set(titles.FIELDS) == used
    assert set(titles.ACTS) == set(notices.NOTICES)
    assert set(titles.PARTS) == set(defined) - {form.__name__ for form in notices.NOTICES.values()}
