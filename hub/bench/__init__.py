"""Measurements that anyone can repeat: `jukihub bench decide|route|growth|seal|ledger`. Figures name their command.

`routing.py` puts the router beside Kafka Streams (`systems.py`) and the broker's limit (`limit.py`), on servers of
their own (`stand.py`) that are warm (`warming.py`), with made-up contracts (`subscribers.py`) and changes (`sample.py`,
`lots.py`); `checked.py` opens every output; `table.py`, `figures.py` and `told.py` say what came of it. `growth.py`
goes along one axis after the other with the same, `shape.py` says what is flat, `curves.py` draws it; `scaling.py` and
`scale.py` make SCALE.md of it.
"""
