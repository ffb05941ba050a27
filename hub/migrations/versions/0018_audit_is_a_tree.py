"""The audit's own tree, uses of keys by processes, and the weekly reviews that persons sign.

Every entry becomes a leaf in the transaction that writes it, by a trigger: there is no way to note without one. Entries
from before get their numbers here, in their order.
"""

from hub.migrate import run

revision = "0018"
down_revision = "0016"


def upgrade() -> None:
    """Let hub.audit name a process instead of a person; create the tree, hub.key_uses and hub.audit_reviews.

    `hub.audit_line`: an entry as it is hashed and exported, so that whoever alters a column alters the line. The name
    of the trigger comes behind those of foreign keys, whose locks are then taken before the lock on the numbers.
    `hub.key_uses` counts until a day is over; then the counts become entries, and it forgets them.
    """
    run(
        r"""
        ALTER TABLE hub.audit ALTER COLUMN person DROP NOT NULL,
            ADD COLUMN process text CHECK (process <> ''),
            ADD CHECK ((person IS NULL) <> (process IS NULL));
        CREATE FUNCTION hub.audit_line(one hub.audit) RETURNS bytea LANGUAGE sql STABLE AS $$
            SELECT convert_to(jsonb_build_object(
                'id', one.id, 'person', one.person, 'process', one.process, 'act', one.act, 'object', one.object,
                'code', one.code, 'details', one.details,
                'at', to_char(one.noted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
            )::text, 'UTF8') $$;
        CREATE TABLE hub.audit_leaves (
            leaf  bigint PRIMARY KEY CHECK (leaf >= 0),
            entry bigint NOT NULL UNIQUE,
            hash  bytea NOT NULL CHECK (length(hash) = 32)
        );
        CREATE TABLE hub.audit_nodes (LIKE hub.ledger_nodes INCLUDING ALL);
        CREATE TABLE hub.audit_checkpoints (LIKE hub.ledger_checkpoints INCLUDING ALL);
        INSERT INTO hub.audit_leaves
            SELECT row_number() OVER (ORDER BY a.id) - 1, a.id, sha256('\x00'::bytea || hub.audit_line(a))
            FROM hub.audit a;
        CREATE FUNCTION hub.audit_leaf() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            PERFORM pg_advisory_xact_lock(1786080107, 2); INSERT INTO hub.audit_leaves VALUES (
                (SELECT coalesce(max(leaf), -1) + 1 FROM hub.audit_leaves), NEW.id,
                sha256('\x00'::bytea || hub.audit_line(NEW))
            ); RETURN NULL; END $$;
        CREATE TRIGGER leaf AFTER INSERT ON hub.audit FOR EACH ROW EXECUTE FUNCTION hub.audit_leaf();

        CREATE TABLE hub.key_uses (
            day     date NOT NULL,
            process text NOT NULL CHECK (process <> ''),
            kid     text NOT NULL,
            count   bigint NOT NULL CHECK (count > 0),
            PRIMARY KEY (day, process, kid)
        );
        CREATE TABLE hub.audit_reviews (
            week      text PRIMARY KEY CHECK (week ~ '^[0-9]{4}-W[0-9]{2}$'),
            digest    bytea NOT NULL CHECK (digest = sha256(listed)),
            listed    bytea NOT NULL,
            signed_by uuid NOT NULL REFERENCES hub.people,
            signed_at timestamptz NOT NULL
        );
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hub.audit_leaves
            FOR EACH STATEMENT EXECUTE FUNCTION hub.append_only();
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hub.audit_nodes
            FOR EACH STATEMENT EXECUTE FUNCTION hub.append_only();
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hub.audit_checkpoints
            FOR EACH STATEMENT EXECUTE FUNCTION hub.append_only();
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hub.audit_reviews
            FOR EACH STATEMENT EXECUTE FUNCTION hub.append_only()
        """
    )
