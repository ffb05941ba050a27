"""Where the relay takes Changes from: the outbox table, or what an existing registry writes into its own tables.

One shape for both: a lot of rows, held while they are carried and acknowledged when the broker has them.
"""

from producers.capture.source import Lot, Source, Taken

__all__ = ["Lot", "Source", "Taken"]
