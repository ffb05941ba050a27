"""A refused 転入通知 is known again by its line, under a key: its id is chosen by who sends it.

What was kept before goes: of a notice without an id it was made of the bytes by a digest without a key, which whoever
reads the table could try 住民票コード against. Each refusal is told once more.
"""

from hub.migrate import run

revision = "0010"
down_revision = "0009"

TENNYU = """
DROP TABLE registry.tennyu;
CREATE TABLE registry.tennyu (
    digest bytea NOT NULL,                      -- HMAC of the line; the key is not in this database
    code text NOT NULL,
    id uuid,                                    -- of the notice, where it has one
    told_at timestamptz NOT NULL,
    PRIMARY KEY (digest, code)
)
"""


def upgrade() -> None:
    """Make the table anew."""
    run(TENNYU)
