"""`jukihub keys kek …`: the keys that wrap all others."""

import asyncio
from typing import TYPE_CHECKING

import typer

from hub.config import settings

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from hub.kek.keeping import Keeper

kek = typer.Typer(no_args_is_help=True, help="KEKs: the keys that wrap all others (HUB_KEK says where they lie).")


@kek.command("make")
def make() -> None:
    """Make the first KEK in the token of HUB_KEK. Prints its id. Exit 5 where there is one.

    \b
    It is made in the token, sensitive and not extractable: nobody can copy it. Let the token's own means keep a
    second one (a pair, or its maker's backup) before anything is wrapped.
    Example: jukihub keys kek make
    """
    typer.echo(asyncio.run(_made()))


def _keeper() -> "AbstractAsyncContextManager[Keeper]":
    from hub.clock import now  # noqa: PLC0415 - not needed for anybody's help
    from hub.kek.keeping import opened  # noqa: PLC0415 - as above

    return opened(settings(), now)


async def _made() -> str:
    async with _keeper() as here:
        return await here.make()
