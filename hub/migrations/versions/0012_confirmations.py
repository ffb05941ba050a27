"""Confirmations: what was read back at a counterpart, a line of the ledger each, archived beside tellings and releases.

hub.confirming holds what is not on the ledger yet: it is written in the transaction that settles the disclosure, and a
row goes when the broker has acknowledged its line.
"""

from hub.migrate import run

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Create hub.confirming, and hub.confirmations, append-only."""
    run(
        """
        CREATE TABLE hub.confirming (
            disclosure     uuid NOT NULL,
            contract       text NOT NULL,
            partition      integer NOT NULL,
            what           text NOT NULL CHECK (what <> ''),
            receipt_sha256 bytea NOT NULL CHECK (length(receipt_sha256) = 32),
            confirmed_at   timestamptz NOT NULL,
            PRIMARY KEY (disclosure, contract)
        );
        CREATE TABLE hub.confirmations (
            partition      integer NOT NULL,
            ledger_offset  bigint NOT NULL,
            disclosure     uuid NOT NULL,
            contract       text NOT NULL,
            what           text NOT NULL,
            receipt_sha256 bytea NOT NULL,
            confirmed_at   timestamptz NOT NULL,
            line           bytea NOT NULL,
            PRIMARY KEY (disclosure, contract)
        );
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hub.confirmations
            FOR EACH STATEMENT EXECUTE FUNCTION hub.append_only()
        """
    )
