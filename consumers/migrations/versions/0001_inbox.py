"""The inbox: its own offsets, the disclosures as they came (sealed), gaps, and the last version told of a resident.

Nothing here is personal: subjects are pseudonyms of one contract, tokens are sealed, codes are closed. A value that is
no token is not kept at all, since it might be plaintext; its partition and offset are.
"""

from hub.migrate import run

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables of schema inbox."""
    run(
        """
        CREATE TABLE inbox.offsets (
            contract    text NOT NULL,
            partition   integer NOT NULL,
            next_offset bigint,
            last_seq    bigint NOT NULL,
            PRIMARY KEY (contract, partition)
        );

        CREATE TABLE inbox.disclosures (
            position        bigint GENERATED ALWAYS AS IDENTITY,
            contract        text NOT NULL,
            id              uuid NOT NULL,
            subject         bytea,
            partition       integer NOT NULL,
            record_offset   bigint NOT NULL,
            seq             bigint,
            token           bytea,
            state           text NOT NULL CHECK (state IN ('waiting', 'delivered', 'dead', 'superseded')),
            code            text NOT NULL DEFAULT '',
            attempts        integer NOT NULL DEFAULT 0,
            flagged         boolean NOT NULL DEFAULT false,
            scouted         boolean NOT NULL DEFAULT false,
            received_at     timestamptz NOT NULL,
            next_attempt_at timestamptz NOT NULL,
            settled_at      timestamptz,
            receipt         text,
            PRIMARY KEY (contract, id),
            CHECK (subject IS NULL OR length(subject) = 16),
            CHECK (state <> 'waiting' OR (subject IS NOT NULL AND token IS NOT NULL)),
            CHECK (state <> 'delivered' OR receipt IS NOT NULL),
            CHECK (state <> 'dead' OR code <> '')
        );
        CREATE INDEX disclosures_waiting ON inbox.disclosures (contract, position) WHERE state = 'waiting';
        CREATE INDEX disclosures_dead ON inbox.disclosures (contract, code, position) WHERE state = 'dead';
        CREATE INDEX disclosures_of_subject ON inbox.disclosures (contract, subject, position)
            WHERE state IN ('waiting', 'dead');
        CREATE INDEX disclosures_unscouted ON inbox.disclosures (contract, position)
            WHERE state = 'waiting' AND NOT scouted;

        CREATE TABLE inbox.residents (
            contract text NOT NULL,
            subject  bytea NOT NULL,
            version  bigint NOT NULL,
            PRIMARY KEY (contract, subject)
        );

        CREATE TABLE inbox.gaps (
            contract   text NOT NULL,
            partition  integer NOT NULL,
            expected   bigint NOT NULL,
            found      bigint NOT NULL,
            noticed_at timestamptz NOT NULL,
            PRIMARY KEY (contract, partition, expected)
        );
        """
    )
