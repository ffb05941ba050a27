"""Keys that were destroyed, and the orders to destroy them: both append-only; a third kind of act.

A row of hub.erased_keys outlives whatever else is known of its order: a restored database may lack the request, the act
and the accounts, and takes the row from juki.erasures again. Hence it refers to nothing.
"""

from hub.migrate import run

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Create hub.erasures and hub.erased_keys; let hub.acts have the kind `destroy-keys`."""
    run(
        """
        CREATE TABLE hub.erasures (
            request uuid PRIMARY KEY REFERENCES hub.requests,
            owner   text NOT NULL,
            until   date NOT NULL,
            kids    text[] NOT NULL CHECK (cardinality(kids) > 0)
        );
        CREATE TABLE hub.erased_keys (
            kid          text PRIMARY KEY,
            act          uuid NOT NULL,
            rule         text NOT NULL,
            asked_by     uuid NOT NULL,
            approved_by  uuid NOT NULL,
            ordered_at   timestamptz NOT NULL,
            destroyed_at timestamptz NOT NULL,
            CHECK (asked_by <> approved_by)
        );
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hub.erasures
            FOR EACH STATEMENT EXECUTE FUNCTION hub.append_only();
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hub.erased_keys
            FOR EACH STATEMENT EXECUTE FUNCTION hub.append_only();

        ALTER TABLE hub.acts DROP CONSTRAINT acts_kind_check,
            ADD CONSTRAINT acts_kind_check CHECK (kind IN ('release-quarantined', 'pass-record', 'destroy-keys'))
        """
    )
