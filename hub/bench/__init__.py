"""Measurements that anyone can repeat: `jukihub bench decide|route|ledger`. Figures in a README name the command.

`routing.py` puts the router beside Kafka Streams (`systems.py`) and the broker's limit (`limit.py`), on servers of
their own (`stand.py`), with made-up contracts (`subscribers.py`) and changes (`sample.py`, `lots.py`); `checked.py`
opens every output; `table.py`, `figures.py` and `told.py` say what came of it.
"""
