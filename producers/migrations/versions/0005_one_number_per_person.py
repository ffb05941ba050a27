"""One 団体内統合宛名番号 per person of the city, whatever each system calls them.

Numbers and identities are bytea, as everywhere in this schema. The order of `place` is the order of commits, because
it is drawn behind the one lock under which numbers are given: whoever reads on from the last place misses nothing.
"""

from hub.migrate import run

revision = "0005"
down_revision = "0004"

SEQUENCES = """
CREATE SEQUENCE registry.togo_place_seq;
CREATE SEQUENCE registry.outsider_no_seq MAXVALUE 9999999999;
ALTER SEQUENCE registry.atena_no_seq MAXVALUE 9999999999    -- ten digits; those not on the register have eleven
"""

TOGO = """
CREATE TABLE registry.togo (
    number bytea PRIMARY KEY,
    my_number bytea,                            -- the person's present one; null: none known
    merged_into bytea REFERENCES registry.togo, -- null: in use
    place bigint NOT NULL DEFAULT nextval('registry.togo_place_seq'),
    allotted_at timestamptz NOT NULL,
    CHECK (merged_into IS NULL OR my_number IS NULL)
);
CREATE UNIQUE INDEX togo_my_number ON registry.togo (my_number);
CREATE UNIQUE INDEX togo_place ON registry.togo (place);
CREATE INDEX togo_unknown ON registry.togo (number) WHERE my_number IS NULL AND merged_into IS NULL;
CREATE TABLE registry.togo_former (
    my_number bytea PRIMARY KEY,                -- replaced under 番号法7条2項; nobody else is ever given it
    number bytea NOT NULL REFERENCES registry.togo
);
CREATE INDEX togo_former_number ON registry.togo_former (number)
"""

ATENA = """
CREATE TABLE registry.atena (
    system text NOT NULL,                       -- 業務システムID
    atena_no bytea NOT NULL,
    number bytea NOT NULL REFERENCES registry.togo,
    outsider boolean NOT NULL DEFAULT false,    -- 住登外者: this 宛名番号 is of their own range
    receipt bytea UNIQUE,                       -- of the request that this 宛名番号 was allotted for
    asked bytea,                                -- digest of that request
    identity bytea NOT NULL,                    -- 基本4情報 as last stated, JSON
    alike bytea NOT NULL,                       -- digest of name, birth date, sex: who could be the same person
    PRIMARY KEY (system, atena_no)
);
CREATE INDEX atena_number ON registry.atena (number);
CREATE INDEX atena_alike ON registry.atena (alike);
CREATE TABLE registry.atena_apart (             -- two persons have found that these are two; each pair both ways
    system text NOT NULL,
    atena_no bytea NOT NULL,
    other_system text NOT NULL,
    other_atena_no bytea NOT NULL,
    PRIMARY KEY (system, atena_no, other_system, other_atena_no),
    FOREIGN KEY (system, atena_no) REFERENCES registry.atena,
    FOREIGN KEY (other_system, other_atena_no) REFERENCES registry.atena
)
"""

STATE = """
CREATE VIEW registry.togo_state AS
SELECT t.number, t.my_number, t.merged_into,
    EXISTS (SELECT FROM registry.atena a WHERE a.number = t.number AND a.system = 'juki') AS is_resident
FROM registry.togo t;
CREATE VIEW registry.togo_apart AS
SELECT a.number, b.number AS other
FROM registry.atena_apart p
JOIN registry.atena a ON a.system = p.system AND a.atena_no = p.atena_no
JOIN registry.atena b ON b.system = p.other_system AND b.atena_no = p.other_atena_no
"""

TRAIL = """
CREATE TABLE registry.togo_request (
    id uuid PRIMARY KEY,
    act text NOT NULL CHECK (act IN ('merge', 'split')),
    body bytea NOT NULL,                        -- JSON: the numbers, the links, what goes with them
    reason bytea NOT NULL,
    requested_by uuid NOT NULL,                 -- an account of the hub, and its name
    requested_name text NOT NULL,
    requested_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE TABLE registry.togo_trail (
    place bigint PRIMARY KEY DEFAULT nextval('registry.togo_place_seq'),
    event text NOT NULL CHECK (event IN ('merged', 'split', 'my-number-replaced', 'my-number-corrected')),
    at timestamptz NOT NULL,
    number bytea NOT NULL REFERENCES registry.togo,
    other bytea REFERENCES registry.togo,       -- merged: what went into it; split: what it came out of
    request uuid UNIQUE REFERENCES registry.togo_request,   -- null: a 個人番号 decided, and no person
    approved_by uuid,
    approved_name text,
    before bytea NOT NULL,                      -- JSON: who was linked to which of the two, before and after
    after bytea NOT NULL,
    CHECK ((request IS NULL) = (approved_by IS NULL) AND (request IS NULL) = (approved_name IS NULL))
);
CREATE FUNCTION registry.append_only() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN RAISE EXCEPTION ''append-only''; END';
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.togo_request
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.togo_trail
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only()
"""


def upgrade() -> None:
    """Make the tables. Who is on the register already is entered by `jukihub atena fill`."""
    for statements in (SEQUENCES, TOGO, ATENA, STATE, TRAIL):
        run(statements)
