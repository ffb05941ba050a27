"""Every Book ever used is kept by its hash, so that any past decision can be explained. Nothing personal is in it."""

import orjson

from contracts.book import Book
from hub.database import Database


async def remember(database: Database, book: Book) -> None:
    """Keep `book`; does nothing where it is kept already."""
    content = orjson.dumps([contract.document() for contract in book.contracts.values()], option=orjson.OPT_SORT_KEYS)
    sql = "INSERT INTO hub.books (hash, content) VALUES ($1, $2) ON CONFLICT DO NOTHING"
    await database.execute(sql, book.hash, content)
