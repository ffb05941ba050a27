"""What is done beside disclosures at a counterpart: counts that were compared, copies that the city erases, reloads.

An erasure of a copy names nobody: the number is wrapped by the KEK, so that a second person can be held to the very
same one, and goes from here as soon as it is done.
"""

from hub.migrate import run

revision = "0008"
down_revision = "0004"


def upgrade() -> None:
    """Create inbox.reconciliations, inbox.copy_erasures and inbox.reloads."""
    run(
        """
        CREATE TABLE inbox.reconciliations (
            contract   text NOT NULL,
            at         timestamptz NOT NULL,
            expected   bigint NOT NULL,
            held       bigint NOT NULL,
            unsettled  bigint NOT NULL,
            PRIMARY KEY (contract, at)
        );
        CREATE TABLE inbox.copy_erasures (
            id           uuid PRIMARY KEY,
            contract     text NOT NULL,
            number_wrapped bytea,
            reason       text NOT NULL CHECK (reason <> ''),
            requested_by uuid NOT NULL,
            requested_at timestamptz NOT NULL,
            approved_by  uuid,
            erased_at    timestamptz,
            CHECK (approved_by <> requested_by),
            CHECK ((erased_at IS NULL) = (number_wrapped IS NOT NULL)),
            CHECK (erased_at IS NULL OR approved_by IS NOT NULL)
        );
        CREATE TABLE inbox.reloads (
            id       uuid PRIMARY KEY,
            contract text NOT NULL,
            begun_at timestamptz NOT NULL,
            ended_at timestamptz,
            told     bigint,
            erased   bigint
        );
        CREATE UNIQUE INDEX one_reload_at_a_time ON inbox.reloads (contract) WHERE ended_at IS NULL
        """
    )
