"""死亡 (戸籍法86条, 住基法8条): the record is deleted; where the head dies, a new head is demanded.

1. The dead is on the register. 2. Nobody else remains: the household ends. 3. The head dies: item 4 of everybody who
remains changes (住基法7条4号), so each of them has a HEAD_CHANGED.
"""

from producers.acts.leaving import deleted
from producers.household import View
from producers.notices import Death
from producers.outbox import Draft


def to_changes(notice: Death, view: View) -> list[Draft]:
    """DEATH, and HEAD_CHANGED for each other member where the head died."""
    return deleted([view.find(notice.atena_no)], "DEATH", notice, view)
