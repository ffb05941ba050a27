"""Who a protected person is protected from is known to the registry alone, and a notice is found by its Changes."""

from hub.migrate import run

revision = "0003"
down_revision = "0002"

OTHER_PARTY = """
CREATE TABLE registry.other_party (
    resident uuid NOT NULL REFERENCES registry.resident,    -- the protected person
    place smallint NOT NULL,
    party uuid REFERENCES registry.resident,                -- 相手方 who is or was on this register
    stated bytea,                                           -- JSON {name, birth_date, address} of one who never was
    PRIMARY KEY (resident, place),
    CHECK ((party IS NULL) <> (stated IS NULL))
)
"""


def upgrade() -> None:
    """Make the table of other parties, and the ways to the protected and from a Change to its notice."""
    run(OTHER_PARTY)
    run("CREATE INDEX resident_protected ON registry.resident (resident) WHERE protected")
    run("CREATE INDEX notice_changes ON registry.notice USING gin (changes)")
