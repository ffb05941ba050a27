"""Changes that an existing registry brings: by `registry.report` from its own transactions, or out of its log.

Neither keeps a record of anybody here: of each resident the last version, of each report its id, of each slot how far
it has been carried.
"""

from hub.migrate import run

revision = "0007"
down_revision = "0006"

VERSION = """
CREATE TABLE registry.captured_version (
    resident uuid PRIMARY KEY,
    version bigint NOT NULL                     -- of the last Change, microseconds; its row is the resident's lock
)
"""

REPORTED = """
CREATE TABLE registry.reported (
    change uuid PRIMARY KEY                     -- an id is used once
)
"""

CAPTURED = """
CREATE TABLE registry.captured (
    slot text PRIMARY KEY,
    lsn bigint NOT NULL                         -- of the last commit that the broker has
)
"""

REPORT = """
CREATE FUNCTION registry.report(
    p_kind text, p_resident uuid, p_before jsonb, p_after jsonb, p_effective_on jsonb,
    p_notified_on jsonb DEFAULT NULL, p_change uuid DEFAULT NULL
) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    new_id uuid := coalesce(p_change, gen_random_uuid());
    new_version bigint := (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
BEGIN
    IF substr(p_resident::text, 15, 1) <> '4' THEN
        RAISE EXCEPTION 'bad-format' USING ERRCODE = 'check_violation', DETAIL = 'resident: a UUID of version 4';
    END IF;
    INSERT INTO registry.reported (change) VALUES (new_id) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN new_id;
    END IF;
    INSERT INTO registry.captured_version AS known (resident, version) VALUES (p_resident, new_version)
    ON CONFLICT (resident) DO UPDATE SET version = greatest(excluded.version, known.version + 1)
    RETURNING known.version INTO new_version;
    INSERT INTO registry.outbox (shard, resident, change)
    VALUES (get_byte(uuid_send(p_resident), 15) % 4, p_resident, convert_to(jsonb_build_object(
        'id', new_id, 'resident', p_resident, 'version', new_version, 'kind', p_kind,
        'effective_on', p_effective_on, 'notified_on', p_notified_on, 'before', p_before, 'after', p_after,
        'recorded_at', to_char((timestamptz 'epoch' + new_version * interval '1 microsecond')
            AT TIME ZONE 'Asia/Tokyo', 'YYYY-MM-DD"T"HH24:MI:SS.US') || '+09:00'
    )::text, 'UTF8'));
    PERFORM pg_notify('registry_outbox', '');
    RETURN new_id;
END
$$
""".replace(";\n", "; \n")  # else `run` would take its lines for statements
CLOSED = "REVOKE ALL ON FUNCTION registry.report FROM PUBLIC"


def upgrade() -> None:
    """Make the tables and the function."""
    for statement in (VERSION, REPORTED, CAPTURED, REPORT, CLOSED):
        run(statement)
