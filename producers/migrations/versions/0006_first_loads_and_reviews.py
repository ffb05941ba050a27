"""First loads and birthdays: how far each run has come, and who attains an age on which day.

A first load changes nothing, so its Changes stand in the history by id alone, without the record: half a million of
them would be a second register.
"""

from hub.migrate import run

revision = "0006"
down_revision = "0005"

WITHOUT_BODY = "ALTER TABLE registry.history ALTER COLUMN body DROP NOT NULL"

SNAPSHOT = """
CREATE TABLE registry.snapshot (
    run uuid PRIMARY KEY,
    contracts text[] NOT NULL,                  -- whom it is for
    last uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',  -- resident up to whom all are recorded
    told bigint NOT NULL DEFAULT 0,
    begun_at timestamptz NOT NULL,
    ended_at timestamptz
)
"""
ONE_AT_A_TIME = "CREATE UNIQUE INDEX snapshot_unfinished ON registry.snapshot (contracts) WHERE ended_at IS NULL"

REVIEWED = """
CREATE TABLE registry.reviewed (
    day date PRIMARY KEY,
    last uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',  -- resident up to whom all are recorded
    told bigint NOT NULL DEFAULT 0,
    ended_at timestamptz
)
"""

# The last day that a birth date can mean, as month * 100 + day; null without a year. What cannot be read has none, and
# nothing of it is quoted.
BIRTHDAY = """
CREATE FUNCTION registry.birthday(record bytea) RETURNS integer LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    born json;
    month integer;
BEGIN
    born := convert_from(record, 'UTF8')::json -> 'birth_date';
    IF json_typeof(born) = 'string' THEN
        RETURN substr(born #>> '{}', 6, 2)::integer * 100 + substr(born #>> '{}', 9, 2)::integer;
    ELSIF json_typeof(born) = 'object' AND born ->> 'year' IS NOT NULL THEN
        month := coalesce((born ->> 'month')::integer, 12);
        RETURN month * 100 + coalesce((born ->> 'day')::integer, extract(day FROM
            make_date((born ->> 'year')::integer, month, 1) + interval '1 month' - interval '1 day')::integer);
    END IF;
    RETURN NULL;
EXCEPTION WHEN others THEN
    RETURN NULL;
END
$$
""".replace(";\n", "; \n")  # else `run` would take its lines for statements
BIRTHDAYS = """
CREATE INDEX resident_birthday ON registry.resident (registry.birthday(record), resident) WHERE status = 'registered'
"""


def upgrade() -> None:
    """Make the tables of both, and the index by birthday."""
    for statement in (WITHOUT_BODY, SNAPSHOT, ONE_AT_A_TIME, REVIEWED, BIRTHDAY, BIRTHDAYS):
        run(statement)
