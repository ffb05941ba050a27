"""KEKs: which were ever used, which wrap nothing any more, and which were destroyed; the orders to do so.

A KEK stands in hub.keks from the moment at which something is wrapped under it, because a trigger puts it there. The
same trigger refuses to wrap anything under a KEK that was retired, so that what was counted as nothing stays nothing.
Rooms above put it on their own tables.
"""

from hub.migrate import run

revision = "0014"
down_revision = "0015"


def upgrade() -> None:
    """Create hub.keks, hub.kek_orders and hub.keks_made; two further kinds of acts."""
    run(
        """
        CREATE TABLE hub.keks (
            id           text PRIMARY KEY,
            used_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
            retired_at   timestamptz,
            destroyed_at timestamptz,
            CHECK (destroyed_at IS NULL OR retired_at IS NOT NULL)
        );
        INSERT INTO hub.keks (id, used_at) SELECT kek, min(made_at) FROM hub.keys GROUP BY kek;
        CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON hub.keks
            FOR EACH STATEMENT EXECUTE FUNCTION hub.append_only();

        CREATE FUNCTION hub.kek_in_use() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN IF NEW.kek IS NULL THEN RETURN NEW; END IF; INSERT INTO hub.keks (id) VALUES (NEW.kek)
            ON CONFLICT DO NOTHING; PERFORM FROM hub.keks WHERE id = NEW.kek AND retired_at IS NULL FOR SHARE; IF NOT
            FOUND THEN RAISE EXCEPTION 'kek retired' USING ERRCODE = '0LP02'; END IF; RETURN NEW; END $$;
        CREATE TRIGGER kek_in_use BEFORE INSERT OR UPDATE OF kek ON hub.keys
            FOR EACH ROW EXECUTE FUNCTION hub.kek_in_use();
        CREATE INDEX keys_of_kek ON hub.keys (kek);

        CREATE TABLE hub.kek_orders (
            request uuid PRIMARY KEY REFERENCES hub.requests,
            what    text NOT NULL CHECK (what IN ('rotate', 'destroy')),
            kek     text REFERENCES hub.keks,
            CHECK ((what = 'destroy') = (kek IS NOT NULL))
        );
        CREATE TABLE hub.keks_made (
            act uuid PRIMARY KEY REFERENCES hub.acts,
            kek text NOT NULL UNIQUE REFERENCES hub.keks
        );
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hub.kek_orders
            FOR EACH STATEMENT EXECUTE FUNCTION hub.append_only();
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hub.keks_made
            FOR EACH STATEMENT EXECUTE FUNCTION hub.append_only();

        ALTER TABLE hub.acts DROP CONSTRAINT acts_kind_check,
            ADD CONSTRAINT acts_kind_check CHECK (kind IN (
                'release-quarantined', 'pass-record', 'destroy-keys', 'tell-again', 'transfer', 'rotate-kek',
                'destroy-kek'
            ))
        """
    )
