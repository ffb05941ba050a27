"""A full re-registration has two persons; an erasure of a copy that was begun is carried on, and one that is void is.

What was asked for and not approved within its day keeps nothing of the number: it is `expired`, and the wrapped number
goes. What had begun at the server when the day was over has a beginning of its own, and is carried on at any time.
A re-registration that was begun before it was known by whom is given up: nobody could be the second person of it.
"""

from hub.migrate import run

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Say by whom inbox.reloads are begun and ended; when an erasure in inbox.copy_erasures was begun, or is void."""
    run(
        """
        ALTER TABLE inbox.reloads ADD COLUMN begun_by uuid, ADD COLUMN ended_by uuid;
        UPDATE inbox.reloads SET ended_at = now() WHERE ended_at IS NULL;
        ALTER TABLE inbox.reloads
            ADD CONSTRAINT known_by_whom CHECK (ended_at IS NOT NULL OR begun_by IS NOT NULL),
            ADD CONSTRAINT ended_by_another CHECK (ended_by <> begun_by);
        ALTER TABLE inbox.copy_erasures
            ADD COLUMN begun_at timestamptz, ADD COLUMN expired_at timestamptz,
            DROP CONSTRAINT copy_erasures_check1,
            ADD CONSTRAINT number_until_it_is_over
                CHECK ((number_wrapped IS NULL) = (erased_at IS NOT NULL OR expired_at IS NOT NULL)),
            ADD CONSTRAINT void_only_before_it_begins CHECK (expired_at IS NULL OR begun_at IS NULL),
            ADD CONSTRAINT begun_by_a_second CHECK (begun_at IS NULL OR approved_by IS NOT NULL)
        """
    )
