"""Every objection that a contract can meet: its closed code, and the sentence that says what to mend.

In braces stand statutory names and articles, as the contract and the law write them.
"""

from collections.abc import Mapping
from typing import Final

EMPTY: Final[Mapping[str, tuple[str, str]]] = {
    "subscriber": ("no-subscriber", "name the receiving system or section"),
    "purpose": ("no-purpose", "state the one purpose (利用目的)"),
    "basis": ("no-basis", "cite at least one key of law/bases.toml"),
    "hears": ("no-kinds", "name the kinds of change (記載, 消除, …) that it may hear"),
    "items": ("no-items", "name the items that it may have"),
    "identifier": ("no-identifier", "name the item that a last notice carries"),
    "protected": ("no-protection-rule", 'state what is done for 支援措置: "deliver", "suspend" or "withhold"'),
    "via": ("no-way", "state how it is handed over"),
    "in_force": ("no-period", "state in_force = { from = YYYY-MM-DD }"),
    "approved": ("no-approval", 'state approved = { by = "…", on = YYYY-MM-DD, ref = "…" } (決裁)'),
}
"""Keys that may not be missing or empty, with the code of the objection and what is to be written there."""

SENTENCES: Final[Mapping[str, str]] = {
    "bad-name":
        "the name of the file is the contract's id: use lower-case words joined by hyphens, 60 letters at most",
    "unknown-item":
        "{key} names {name}, which is no item of law/items.toml: use the statutory name that stands there",
    "unknown-kind":
        "{key} names {name}, which is no kind or group of law/kinds.toml: use the name that stands there",
    "duplicate":
        "{key} names {name} twice: take one out",
    "unknown-basis":
        "basis {name} is not in law/bases.toml, or is faulty there: add it with article and source, or cite another",
    "basis-not-in-force":
        "basis {name} ({article}) is in force from {first} until {last}, the contract from {since} until {until}: "
        "shorten in_force, or cite what is in force",
    "item-not-permitted":
        "{name} ({article}) is permitted by none of its bases ({cited}): cite a basis that permits it, "
        "or take it out of {key}",
    "derived-item-not-permitted":
        "{name} ({article}) is derived from {sources}; its bases ({cited}) neither name it nor permit all that it is "
        "derived from: cite a basis that names it, or take it out of {key}",
    "my-number-without-number-act":
        "{name} (住基法7条8号の2) without a basis in the Number Act: cite the article of 番号法 that permits it, "
        "or take it out of {key}",
    "juminhyo-code-for-department":
        "{name} (住基法7条13号) is for no department (via {via}; 住基法30条の37・38): take it out of {key}",
    "bad-identifier":
        "{name} ({article}) is derived and identifies nobody: name an item of the record",
    "identifier-not-among-items":
        "the identifier {name} ({article}) is not among its items, so that the subscriber could not know whom a last "
        "notice means: add it to items, or name another",
    "always-not-heard":
        "always names {name}, which the contract does not hear: add it to hears, or take it out",
    "snapshot-without-mirror":
        "hears names {name}, but the contract keeps no copy: set mirror = true, or take it out",
    "granted-not-conditional":
        "{name} is granted, but not conditional in this contract: add it to conditional, or take the grant out",
    "conditional-among-items":
        "{name} is conditional and needs a grant with its own approval: take it out of items",
    "bad-population":
        "age_from is above age_to, so that nobody is in the population: exchange them",
    "bad-period":
        "in_force ends (until) before it begins (from): correct the dates",
    "approved-too-late":
        "approved on {on}, after it comes into force on {since}: move in_force.from behind the approval",
}  # fmt: skip
"""The other objections, by code."""
