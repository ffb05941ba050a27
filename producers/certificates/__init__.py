"""住民票の写し and 除票の写し (住基法12条 to 12条の3, 15条の4): who may have which items of whom, as data and a page.

`decision` decides, and touches nothing; `office` reads the register behind one transaction, writes down every request
with its outcome, and hands out what was decided. Where 支援措置 is in force the copy is refused to the other party on
every way that would lead to it: directly, by the whole household's copy, by a head's name, by a third person's name.
"""
