"""The names on the broker: `<prefix>.<what>[.<contract>]`. Everything else about topics follows from the Book."""


def changes(prefix: str) -> str:
    """Changes, sealed to the hub."""
    return f"{prefix}.changes"


def disclosures(prefix: str, contract: str) -> str:
    """What one contract is told."""
    return f"{prefix}.disclosures.{contract}"


def ledger(prefix: str) -> str:
    """One line per change, naming every contract told."""
    return f"{prefix}.ledger"


def watch(prefix: str) -> str:
    """Who was told when, without whom and what: the ledger's lines for the watch."""
    return f"{prefix}.watch"


def quarantine(prefix: str) -> str:
    """Changes that could not be read, and those behind them."""
    return f"{prefix}.quarantine"


def erasures(prefix: str) -> str:
    """The journal of destroyed keys: which, by whose order, when."""
    return f"{prefix}.erasures"


def dead(prefix: str, contract: str) -> str:
    """Dead letters of one contract, for Kafka's own tools."""
    return f"{prefix}.dead.{contract}"


def router_group(prefix: str) -> str:
    """The consumer group that holds the router's offsets and sequences."""
    return f"{prefix}-router"


def router_transaction(prefix: str, slot: int) -> str:
    """The transactional id of one slot."""
    return f"{prefix}-router-{slot}"


def group(prefix: str, reader: str) -> str:
    """The consumer group of one reader: `ledger`, `watch`, `deliver-<contract>` or `subscriber-<contract>`."""
    return f"{prefix}-{reader}"
