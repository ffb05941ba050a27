"""The interface of the hub as documents: generated from the Book, so that a subscriber can build against them.

    schemas/<contract>.schema.json   JSON Schema of what a token holds once it is opened
    asyncapi/<contract>.json         topic, group, headers, record key, token and schema of one contract (AsyncAPI 3.1)
    topics.json                      every topic with its configuration, every principal, every right
    rights.md                        the same rights for people: principal × operation × resource
    strimzi/*.yaml                   the same topics and principals as resources of Strimzi

Pure: the same Book and the same settings give the same bytes. Nothing here names a machine, a password or a person.
"""

import json
from typing import Any

from contracts.book import Book
from hub.config import Settings
from hub.interface import asyncapi, rights, schema, strimzi
from hub.wanted import wanted


def files(book: Book, settings: Settings) -> dict[str, str]:
    """Every document by its path; what a published folder must hold, no more and no less."""
    state = wanted(book, settings)
    made = {f"schemas/{name}.schema.json": as_text(schema.document(each, book))
            for name, each in book.contracts.items()}  # fmt: skip
    made |= {f"asyncapi/{name}.json": as_text(asyncapi.document(each, book, state, settings))
             for name, each in book.contracts.items()}  # fmt: skip
    made |= {"topics.json": as_text(rights.as_json(state)), "rights.md": rights.as_table(book, state)}
    return made | {f"strimzi/{name}": text for name, text in strimzi.files(state).items()}


def as_text(document: dict[str, Any]) -> str:
    """A document as it is published: readable, one change one line."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
