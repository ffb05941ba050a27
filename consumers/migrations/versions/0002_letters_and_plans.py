"""What a letter went through, how it was closed, and replay: plans and their events append-only, progress beside them.

Nothing here is personal either: a plan names letters, ids of items and hashes. A token that was sealed anew stands in
its progress from before its line of the ledger is written until it is handed over, so that a run that ends in between
writes the very same line again. Persons are named by the ids of their accounts.
"""

from hub.migrate import run

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Extend inbox.disclosures; create what replay, closing and revealing write down."""
    run(
        """
        ALTER TABLE inbox.disclosures
            ADD COLUMN published_ms bigint,
            ADD COLUMN first_failed_at timestamptz,
            ADD COLUMN mirrored_at timestamptz,
            ADD COLUMN plan uuid,
            ADD COLUMN replays integer NOT NULL DEFAULT 0,
            DROP CONSTRAINT disclosures_state_check,
            ADD CONSTRAINT disclosures_state_check CHECK (
                state IN ('waiting', 'delivered', 'dead', 'superseded', 'discarded', 'corrected')
            );
        UPDATE inbox.disclosures SET first_failed_at = settled_at WHERE state = 'dead';
        CREATE INDEX disclosures_unmirrored ON inbox.disclosures (contract, position)
            WHERE state = 'dead' AND mirrored_at IS NULL;
        CREATE INDEX disclosures_replayed ON inbox.disclosures (contract, position)
            WHERE state = 'waiting' AND plan IS NOT NULL;

        CREATE TABLE inbox.plans (
            id            uuid PRIMARY KEY,
            contract      text NOT NULL,
            contract_hash text NOT NULL,
            filter        text NOT NULL,
            reason        text NOT NULL CHECK (reason <> ''),
            planned_by    uuid NOT NULL,
            planned_at    timestamptz NOT NULL,
            digest        bytea NOT NULL CHECK (length(digest) = 32)
        );
        CREATE TABLE inbox.plan_letters (
            plan         uuid NOT NULL REFERENCES inbox.plans,
            letter       uuid NOT NULL,
            position     bigint NOT NULL,
            partition    integer NOT NULL,
            subject      bytea,
            attempts     integer NOT NULL,
            code         text NOT NULL,
            token_sha256 bytea,
            change       uuid,
            line_key     bytea,
            verdict      text NOT NULL,
            reason       text NOT NULL,
            items        text[] NOT NULL,
            dropped      text[] NOT NULL,
            protected    boolean NOT NULL,
            behind       integer NOT NULL,
            PRIMARY KEY (plan, letter)
        );
        CREATE INDEX plan_letters_in_order ON inbox.plan_letters (plan, position);
        CREATE TABLE inbox.plan_events (
            id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            plan   uuid NOT NULL REFERENCES inbox.plans,
            what   text NOT NULL CHECK (
                what IN ('approved', 'begun', 'paused', 'resumed', 'cancelled', 'voided', 'finished')
            ),
            code   text NOT NULL DEFAULT '',
            person uuid,
            at     timestamptz NOT NULL,
            digest bytea,
            CHECK (person IS NOT NULL OR what IN ('voided', 'finished')),
            CHECK (what <> 'approved' OR digest IS NOT NULL)
        );
        CREATE INDEX plan_events_of_plan ON inbox.plan_events (plan, id);
        CREATE UNIQUE INDEX plan_approved_once ON inbox.plan_events (plan) WHERE what = 'approved';
        CREATE UNIQUE INDEX plan_ends_once ON inbox.plan_events (plan)
            WHERE what IN ('cancelled', 'voided', 'finished');

        CREATE TABLE inbox.plan_items (
            plan      uuid NOT NULL,
            letter    uuid NOT NULL,
            state     text NOT NULL CHECK (state IN ('sealed', 'handed', 'ended')),
            token     bytea,
            line      bytea,
            handed_at timestamptz,
            ended_at  timestamptz,
            outcome   text NOT NULL DEFAULT '',
            code      text NOT NULL DEFAULT '',
            PRIMARY KEY (plan, letter),
            FOREIGN KEY (plan, letter) REFERENCES inbox.plan_letters,
            CHECK (state <> 'sealed' OR (token IS NOT NULL AND line IS NOT NULL)),
            CHECK (state <> 'ended' OR outcome <> '')
        );
        CREATE INDEX plan_items_open ON inbox.plan_items (plan, letter) WHERE state <> 'ended';

        CREATE TABLE inbox.closings (
            id           uuid PRIMARY KEY,
            kind         text NOT NULL CHECK (kind IN ('discarded', 'corrected')),
            contract     text NOT NULL,
            letters      uuid[] NOT NULL CHECK (cardinality(letters) > 0),
            attempts     integer[] NOT NULL,
            causation    uuid[] NOT NULL,
            correction   uuid,
            reason       text NOT NULL CHECK (reason <> ''),
            asked_by     uuid NOT NULL,
            asked_at     timestamptz NOT NULL,
            CHECK ((kind = 'corrected') = (correction IS NOT NULL))
        );
        CREATE TABLE inbox.closing_ends (
            closing     uuid PRIMARY KEY REFERENCES inbox.closings,
            approved_by uuid NOT NULL,
            approved_at timestamptz NOT NULL,
            count       integer NOT NULL
        );
        CREATE TABLE inbox.reveals (
            id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            person   uuid NOT NULL,
            contract text NOT NULL,
            letter   uuid NOT NULL,
            reason   text NOT NULL CHECK (reason <> ''),
            at       timestamptz NOT NULL
        );
        CREATE INDEX reveals_of_person ON inbox.reveals (person, at);

        CREATE FUNCTION inbox.append_only() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'append only' USING ERRCODE = '0LP01'; END $$;
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON inbox.plans
            FOR EACH STATEMENT EXECUTE FUNCTION inbox.append_only();
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON inbox.plan_letters
            FOR EACH STATEMENT EXECUTE FUNCTION inbox.append_only();
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON inbox.plan_events
            FOR EACH STATEMENT EXECUTE FUNCTION inbox.append_only();
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON inbox.closings
            FOR EACH STATEMENT EXECUTE FUNCTION inbox.append_only();
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON inbox.closing_ends
            FOR EACH STATEMENT EXECUTE FUNCTION inbox.append_only();
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON inbox.reveals
            FOR EACH STATEMENT EXECUTE FUNCTION inbox.append_only()
        """
    )
