"""`jukihub api describe`: the HTTP API as an OpenAPI document."""

import typer


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the commands."""
    api = typer.Typer(no_args_is_help=True, help="The HTTP API; `jukihub run api` serves it.")
    api.callback()(_nothing)
    api.command("describe")(describe)
    app.add_typer(api, name="api")


def _nothing() -> None:
    """Without a callback Typer would run a single command without its name."""


def describe() -> None:
    """Print the description (OpenAPI) of the API with the routes of every room that is installed.

    Example: jukihub api describe > openapi.json
    """
    from hub.api.app import application, document  # noqa: PLC0415 - only this command needs a web framework
    from hub.clock import now  # noqa: PLC0415 - as above
    from hub.config import settings  # noqa: PLC0415 - as above

    typer.echo(document(application(settings(), now)), nl=False)
