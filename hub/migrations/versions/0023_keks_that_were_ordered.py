"""Nothing is wrapped under a KEK that nobody ordered, whatever place a process was pointed at."""

from hub.migrate import run

revision = "0023"
down_revision = "0024"


def upgrade() -> None:
    """hub.kek_in_use puts the very first KEK into hub.keks alone; every later one is put there by an approved act."""
    run(
        """
        CREATE OR REPLACE FUNCTION hub.kek_in_use() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN IF NEW.kek IS NULL THEN RETURN NEW; END IF; IF NOT EXISTS (SELECT FROM hub.keks) THEN
            INSERT INTO hub.keks (id) VALUES (NEW.kek) ON CONFLICT DO NOTHING; END IF; PERFORM FROM hub.keks WHERE
            id = NEW.kek AND retired_at IS NULL FOR SHARE; IF NOT FOUND THEN RAISE EXCEPTION
            'kek retired or not ordered' USING ERRCODE = '0LP02'; END IF; RETURN NEW; END $$
        """
    )
