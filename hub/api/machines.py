"""What a room needs to serve programs instead of persons: OAuth 2.0 client credentials (RFC 6749 4.4), and no accounts.

A program proves itself at the room's own token endpoint; here is only how that is described, and how the bearer of a
token is asked for. Who it is and what it may is the room's own business.
"""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, Header
from fastapi.security import OAuth2


def credentials(token_path: str, scopes: Mapping[str, str]) -> OAuth2:
    """The scheme as the description names it: calling it with a request gives what its Authorization says, or None."""
    flow = {"clientCredentials": {"tokenUrl": token_path, "scopes": dict(scopes)}}
    return OAuth2(flows=flow, scheme_name="client", description="OAuth 2.0, client_secret_jwt", auto_error=False)


__all__ = ["Annotated", "Depends", "Header", "OAuth2", "credentials"]
