"""随時移転 that were run outside allowed terminals, by day: many small orders are seen as the large one they are."""

from hub.migrate import run

revision = "0019"
down_revision = "0017"


def upgrade() -> None:
    """Create hub.transfers_by_day. `day`: in Japan; an order that is carried on stands there on each of its days."""
    run(
        """
        CREATE TABLE hub.transfers_by_day (
            day     date NOT NULL,
            request uuid NOT NULL REFERENCES hub.transfers,
            run_by  uuid NOT NULL REFERENCES hub.people,
            PRIMARY KEY (day, request, run_by)
        );
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hub.transfers_by_day
            FOR EACH STATEMENT EXECUTE FUNCTION hub.append_only()
        """
    )
