"""What the register's clerks hand out and set in motion: copies of the 住民票, certificates on cards, bulk orders.

Whatever says something about a person is bytea here as well; an order's number is the city's own.
"""

from hub.migrate import run

revision = "0004"
down_revision = "0003"

BULK_ORDER = """
CREATE TABLE registry.bulk_order (
    order_no text PRIMARY KEY CHECK (order_no ~ '^[0-9A-Za-z-]{1,40}$'),
    kind text NOT NULL,
    digest bytea NOT NULL,                      -- SHA-256 of the order's file: the same number means the same file
    sweep smallint NOT NULL DEFAULT 1,          -- how often the whole register is being gone through
    position bytea NOT NULL DEFAULT '',         -- how far this sweep is: the last resident, or the last line
    in_sweep bigint NOT NULL DEFAULT 0,         -- changed in this sweep
    changed bigint NOT NULL DEFAULT 0,
    already bigint NOT NULL DEFAULT 0,
    begun_at timestamptz NOT NULL,
    moved_at timestamptz NOT NULL,              -- when it last came forward
    ended_at timestamptz
)
"""

BULK_REFUSED = """
CREATE TABLE registry.bulk_refused (
    order_no text NOT NULL REFERENCES registry.bulk_order,
    place text NOT NULL,                        -- the resident's UUID, or the line of the file
    code text NOT NULL,
    PRIMARY KEY (order_no, place)
)
"""

CERTIFICATE = """
CREATE TABLE registry.certificate (
    id uuid PRIMARY KEY,
    asked_at timestamptz NOT NULL,
    issued_by uuid NOT NULL,                    -- the clerk's account
    kind text NOT NULL,                         -- person, household, removed
    article text NOT NULL,                      -- under which it was asked for
    subjects uuid[] NOT NULL,                   -- whose records are on it
    asked_by bytea NOT NULL,                    -- JSON: who asked, and what for
    items text[] NOT NULL,                      -- ids of what is printed
    withheld text[] NOT NULL,                   -- ids of what 支援措置 kept off it
    code text NOT NULL                          -- issued, or why it was refused
)
"""

ISSUED = "CREATE INDEX certificate_subjects ON registry.certificate USING gin (subjects)"

CARD = """
CREATE TABLE registry.card_certificate (
    serial bytea PRIMARY KEY,                   -- of the certificate on the card that proves who presents it
    resident uuid NOT NULL REFERENCES registry.resident,
    issued_at timestamptz NOT NULL,
    expires_on date NOT NULL,                   -- the last day on which it counts
    revoked_at timestamptz,
    revoked_for text
)
"""

ONE_CARD = """
CREATE UNIQUE INDEX card_certificate_in_force ON registry.card_certificate (resident) WHERE revoked_at IS NULL
"""


def upgrade() -> None:
    """Make every table."""
    for statement in (BULK_ORDER, BULK_REFUSED, CERTIFICATE, ISSUED, CARD, ONE_CARD):
        run(statement)
