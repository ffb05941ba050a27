"""Who may be told to whom a resident's data went (開示請求): decided before the ledger is asked.

The person may (個人情報保護法76条1項). A representative may (同条2項) once a responsible person has examined who it is:
an agent of a protected person, or the other parent of a protected child, may be the other party, to whom even the names
of the offices that were told can say where somebody lives. Whoever is known to be the other party is refused.
"""

from typing import Final

from hub.database import Database
from hub.errors import NotPermitted, UsageError
from producers.certificates import office
from producers.certificates.decision import Asker, Subject
from producers.household import Person

SENTENCES: Final = {
    "refused-by-law": "お答えできません（個人情報保護法78条）。理由を告げず、担当の責任者に引き継いでください。",
    "examine-first": "本人ではない方の請求です。責任者が代理権と支援措置を審査してから、--examined を付けてください。",
}
"""Why it is not answered: each with the sentence for the clerk. None says who is protected."""


def refusal(subject: Subject, asker: Person | None, *, examined: bool) -> str | None:
    """The code of SENTENCES for which `asker` is not answered about `subject`; None where they are."""
    if asker is not None and asker.resident == subject.person.resident:
        return None
    if subject.is_protected and Asker(person=asker).is_of(subject.parties):
        return "refused-by-law"
    return None if examined else "examine-first"


async def named(registry: Database, atena_no: str, by: str) -> tuple[Subject, Person | None]:
    """About whom, and who asks, None where that is nobody of this register; UsageError where it is about nobody."""
    async with registry.transaction() as tx:
        subject, asker = await office.named(tx, atena_no), await office.named(tx, by)
    if subject is None:
        raise UsageError("not-on-register", "宛名番号", "Nobody has or had this number")
    return subject, asker.person if asker else None


def check(subject: Subject, asker: Person | None, *, examined: bool) -> None:
    """NotPermitted, with the sentence for the clerk, where `asker` is not answered about `subject`."""
    if (code := refusal(subject, asker, examined=examined)) is not None:
        raise NotPermitted(code, "ledger subject", SENTENCES[code])
