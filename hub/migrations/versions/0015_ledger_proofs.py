"""The ledger's tree: a number for every archived line, nodes above them, and the checkpoints that were signed.

Lines from before get their numbers from the process that archives, when it next begins. All of it is append-only.
"""

from hub.migrate import run

revision = "0015"
down_revision = "0013"


def upgrade() -> None:
    """Create hub.ledger_leaves, hub.ledger_nodes and hub.ledger_checkpoints; find releases and confirmations by place.

    `leaf`: counts the archived lines of all partitions from 0, without a gap. `level`: 8, 16, …: the node above 2^level
    leaves, complete ones alone; `idx` counts those from the left.
    """
    run(
        """
        CREATE TABLE hub.ledger_leaves (
            leaf          bigint PRIMARY KEY CHECK (leaf >= 0),
            partition     integer NOT NULL,
            ledger_offset bigint NOT NULL,
            hash          bytea NOT NULL CHECK (length(hash) = 32),
            UNIQUE (partition, ledger_offset)
        );
        CREATE TABLE hub.ledger_nodes (
            level smallint NOT NULL CHECK (level > 0),
            idx   bigint NOT NULL CHECK (idx >= 0),
            hash  bytea NOT NULL CHECK (length(hash) = 32),
            PRIMARY KEY (level, idx)
        );
        CREATE TABLE hub.ledger_checkpoints (
            size    bigint PRIMARY KEY CHECK (size > 0),
            note    text NOT NULL,
            made_at timestamptz NOT NULL
        );
        CREATE UNIQUE INDEX releases_by_place ON hub.releases (partition, ledger_offset);
        CREATE UNIQUE INDEX confirmations_by_place ON hub.confirmations (partition, ledger_offset);
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hub.ledger_leaves
            FOR EACH STATEMENT EXECUTE FUNCTION hub.append_only();
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hub.ledger_nodes
            FOR EACH STATEMENT EXECUTE FUNCTION hub.append_only();
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hub.ledger_checkpoints
            FOR EACH STATEMENT EXECUTE FUNCTION hub.append_only()
        """
    )
