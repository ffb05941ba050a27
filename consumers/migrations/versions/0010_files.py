"""Files on object storage: which disclosures each of them holds, from before its first object until it is settled.

Nothing here is personal: ids, numbers, digests. The disclosures of a file stand here until they are settled; after that
their receipts name the file.
"""

from hub.migrate import run

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Create inbox.files."""
    run(
        """
        CREATE TABLE inbox.files (
            contract    text NOT NULL,
            name        text NOT NULL,
            number      bigint NOT NULL CHECK (number > 0),
            kind        text NOT NULL CHECK (kind IN ('daily', 'full')),
            day         date NOT NULL,
            state       text NOT NULL CHECK (state IN ('begun', 'settled', 'abandoned')),
            rows        bigint NOT NULL,
            disclosures uuid[] NOT NULL,
            attempts    integer[] NOT NULL,
            versions    bigint[] NOT NULL,
            digest      text,
            begun_at    timestamptz NOT NULL,
            ended_at    timestamptz,
            PRIMARY KEY (contract, name),
            CHECK (state <> 'settled' OR (digest IS NOT NULL AND ended_at IS NOT NULL)),
            CHECK (cardinality(disclosures) = cardinality(attempts) AND cardinality(attempts) = cardinality(versions))
        );
        CREATE UNIQUE INDEX files_number ON inbox.files (contract, number) WHERE state <> 'abandoned';
        """
    )
