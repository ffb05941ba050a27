"""The registry's own tables: the only place where personal data lies in the clear.

Numbers, records and Changes are bytea, never text: what PostgreSQL quotes in an error is then at worst hexadecimal,
and a cast, which would quote its input, is never needed. Unique keys are met with ON CONFLICT, and so never violated.
"""

from hub.migrate import run

revision = "0001"
down_revision = None

HOUSEHOLD = """
CREATE TABLE registry.household (
    household_no bytea PRIMARY KEY,
    head uuid                                   -- null: nobody lives in it any more
)
"""

RESIDENT = """
CREATE TABLE registry.resident (
    resident uuid PRIMARY KEY,                  -- the human being; stays through moving out and in again
    version bigint NOT NULL DEFAULT 0,          -- of the last Change, microseconds; 0: none yet
    atena_no bytea NOT NULL UNIQUE,
    household_no bytea REFERENCES registry.household,
    my_number bytea,
    status text NOT NULL CHECK (status IN ('registered', 'removed')),
    protected boolean NOT NULL,
    record bytea NOT NULL,                      -- JSON: the current record, or the last one (除票)
    CHECK ((status = 'registered') = (household_no IS NOT NULL))
)
"""

MEMBERS = "CREATE INDEX resident_household ON registry.resident (household_no) WHERE household_no IS NOT NULL"
MY_NUMBER = "CREATE UNIQUE INDEX resident_my_number ON registry.resident (my_number)"

HISTORY = """
CREATE TABLE registry.history (
    change uuid PRIMARY KEY,                    -- an id is used once, whatever becomes of the outbox
    resident uuid NOT NULL REFERENCES registry.resident,
    version bigint NOT NULL,
    kind text NOT NULL,
    body bytea NOT NULL,                        -- the Change as it went into the outbox, record before and after
    UNIQUE (resident, version)
)
"""

PLANNED = "CREATE INDEX history_planned ON registry.history (resident, version) WHERE kind = 'MOVE_OUT_PLANNED'"

NOTICE = """
CREATE TABLE registry.notice (
    receipt bytea PRIMARY KEY,                  -- of an accepted 届出; kept one year (住基令34条4項)
    body bytea NOT NULL,                        -- its canonical JSON
    changes uuid[] NOT NULL DEFAULT '{}',
    filed_at timestamptz NOT NULL
)
"""

# Every row is deleted once the broker has it, so dead rows come as fast as live ones: vacuum by count, not by share.
OUTBOX = """
CREATE TABLE registry.outbox (
    id bigint GENERATED ALWAYS AS IDENTITY,     -- drawn behind the resident's lock: its order is the order of versions
    shard smallint NOT NULL,
    resident uuid NOT NULL,
    change bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (shard, id)
) WITH (fillfactor = 100, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
        autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 50000,
        autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000)
"""

HALTED = """
CREATE TABLE registry.halted (
    resident uuid PRIMARY KEY,                  -- whose Changes wait in the outbox until a person has looked
    code text NOT NULL,
    since timestamptz NOT NULL DEFAULT clock_timestamp()
)
"""

LOADED = """
CREATE TABLE registry.loaded (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    residents bigint NOT NULL,                  -- of the synthetic city that was loaded
    seed bigint NOT NULL
)
"""

NUMBERS = ("atena_no", "household_no", "togo_atena_no")


def upgrade() -> None:
    """Make every table."""
    for statement in (HOUSEHOLD, RESIDENT, MEMBERS, MY_NUMBER, HISTORY, PLANNED, NOTICE, OUTBOX, HALTED, LOADED):
        run(statement)
    for number in NUMBERS:
        run(f"CREATE SEQUENCE registry.{number}_seq")
