"""Orders that change many records alike: 町名変更・住居表示, and 振り仮名 entered ex officio (一括).

An order has a number and takes effect once. It goes through the register in small transactions, each of which also
moves the order's own position, so it may be cut off anywhere and is taken up again. It gives way to the daily work: to
a rate, and to an outbox that is longer than it should be. `orders` and `verdicts` decide and touch nothing.
"""
