"""Keys, wrapped; the ledger's archive, with the offsets up to which it was read; every Book ever used."""

from hub.migrate import run

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables of schema hub."""
    run(
        """
        CREATE TABLE hub.keys (
            kid     text PRIMARY KEY,
            owner   text NOT NULL,
            purpose text NOT NULL CHECK (purpose IN ('content', 'pseudonym')),
            wrapped bytea NOT NULL,
            kek     text NOT NULL,
            made_at timestamptz NOT NULL DEFAULT now()
        );
        CREATE INDEX keys_of_owner ON hub.keys (owner, purpose);

        CREATE TABLE hub.ledger_offsets (
            partition   integer PRIMARY KEY,
            next_offset bigint NOT NULL
        );

        CREATE TABLE hub.ledger (
            partition   integer NOT NULL,
            ledger_offset bigint NOT NULL,
            change      uuid NOT NULL,
            digest      bytea NOT NULL,
            subject     bytea NOT NULL,
            book        text NOT NULL,
            decided_on  date NOT NULL,
            recorded_at timestamptz NOT NULL,
            line        bytea NOT NULL,
            PRIMARY KEY (partition, ledger_offset)
        );
        CREATE INDEX ledger_of_change ON hub.ledger (change);
        CREATE INDEX ledger_of_subject ON hub.ledger (subject);

        CREATE TABLE hub.told (
            contract    text NOT NULL,
            partition   integer NOT NULL,
            seq         bigint NOT NULL,
            disclosure  uuid NOT NULL,
            change      uuid NOT NULL,
            state       text NOT NULL,
            items       text[] NOT NULL,
            contract_hash text NOT NULL,
            token_sha256 bytea NOT NULL,
            PRIMARY KEY (contract, partition, seq)
        );
        CREATE INDEX told_by_disclosure ON hub.told (disclosure);

        CREATE TABLE hub.books (
            hash    text PRIMARY KEY,
            content bytea NOT NULL,
            used_at timestamptz NOT NULL DEFAULT now()
        );
        """
    )
