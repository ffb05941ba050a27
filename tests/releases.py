"""The hub's database as an earlier release has left it, for what a migration makes of it."""

from hub.config import Settings
from hub.database import connect
from hub.migrate import folder, migrate


async def as_of(settings: Settings, revision: str) -> None:
    """The hub's schema, empty, as it was when this was the newest migration."""
    async with connect(settings.database, 1) as database:
        await database.execute("DROP SCHEMA hub CASCADE")
    await migrate(settings.database, folder("hub"), "hub", revision)
