"""The difference between what the Book wants of the broker and what is there. Pure: plan → approval → apply.

Data is never removed: a topic that no contract names is only reported. An ACL of ours that no contract names goes; a
principal of a contract loses its password once no ACL on the broker names it any more. Another partition count is
refused, because it would break the order of every resident's changes.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from hub.errors import JukiError
from hub.wanted import Acl, State, Topic, ours


@dataclass(frozen=True, slots=True)
class Plan:
    """What `apply` will do (the first six), and what a person should look at (the last three)."""

    create_topics: tuple[Topic, ...] = ()
    change_topics: tuple[Topic, ...] = ()
    create_principals: tuple[str, ...] = ()
    remove_principals: tuple[str, ...] = ()
    add_acls: tuple[Acl, ...] = ()
    remove_acls: tuple[Acl, ...] = ()
    partitions_differ: tuple[str, ...] = ()
    unnamed_topics: tuple[str, ...] = ()
    wider_acls: tuple[Acl, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to apply."""
        return not any((self.create_topics, self.change_topics, self.create_principals, self.remove_principals,
                        self.add_acls, self.remove_acls))  # fmt: skip

    def check(self) -> None:
        """Refuse a plan that no apply can carry out."""
        if self.partitions_differ:
            raise JukiError("partition-count-differs", ", ".join(self.partitions_differ))

    def lines(self) -> Iterator[str]:
        """The plan for people, one act per line."""
        for topic in self.create_topics:
            yield f"+ topic {topic.name} ({topic.partitions} partitions, {topic.replication} replicas)"
        for topic in self.change_topics:
            yield f"~ topic {topic.name} {', '.join(f'{key}={value}' for key, value in topic.config.items())}"
        for sign, what, these in self._named():
            yield from (f"{sign} {what} {each}" for each in these)

    def as_json(self) -> dict[str, Any]:
        """The plan for programs."""
        told: dict[str, Any] = {"empty": self.empty}
        told["create_topics"] = [topic.name for topic in self.create_topics]
        told["change_topics"] = {topic.name: dict(topic.config) for topic in self.change_topics}
        told |= {name: [str(each) for each in getattr(self, name)] for name in self.__slots__[2:]}
        return told

    def _named(self) -> Iterable[tuple[str, str, tuple[object, ...]]]:
        return (("+", "principal", self.create_principals), ("-", "principal", self.remove_principals),
                ("+", "acl", self.add_acls), ("-", "acl", self.remove_acls),
                ("!", "another partition count:", self.partitions_differ),
                ("?", "topic that no contract names:", self.unnamed_topics),
                ("?", "acl that is wider than a name:", self.wider_acls))  # fmt: skip


def plan(want: State, have: State, prefix: str) -> Plan:
    """What would turn `have` into `want`, as far as it concerns names under `prefix`."""
    own = frozenset(acl for acl in have.acls if ours(prefix, acl.name) and not acl.wider)
    surplus = own - want.acls
    shared = [(topic, have.topics[name]) for name, topic in want.topics.items() if name in have.topics]
    return Plan(
        create_topics=tuple(topic for name, topic in want.topics.items() if name not in have.topics),
        change_topics=tuple(_changed(wanted, there) for wanted, there in shared if _changed(wanted, there).config),
        create_principals=tuple(sorted(name for name in want.principals if not have.principals.get(name))),
        remove_principals=tuple(sorted(_unneeded(want, have, surplus))),
        add_acls=tuple(sorted(want.acls - own)),
        remove_acls=tuple(sorted(surplus)),
        partitions_differ=tuple(wanted.name for wanted, there in shared if wanted.partitions != there.partitions),
        unnamed_topics=tuple(sorted(name for name in have.topics if ours(prefix, name) and name not in want.topics)),
        wider_acls=tuple(sorted(acl for acl in have.acls if acl.wider)),
    )


def without(have: State, principal: str, prefix: str) -> State:
    """What is there under `prefix`, but for one principal and what it may: to be wanted of `plan`."""
    own = (acl for acl in have.acls if ours(prefix, acl.name) and not acl.wider)
    acls = frozenset(acl for acl in own if acl.principal != principal)
    return State({}, {name: True for name, here in have.principals.items() if here and name != principal}, acls)


def _changed(wanted: Topic, there: Topic) -> Topic:
    differing = {key: value for key, value in wanted.config.items() if there.config.get(key) != value}
    return Topic(wanted.name, wanted.partitions, wanted.replication, differing)


def _unneeded(want: State, have: State, surplus: frozenset[Acl]) -> Iterable[str]:
    still_named = {acl.principal for acl in have.acls - surplus} | set(want.principals)
    return (
        name for name in have.principals if re.fullmatch(r"(deliver|subscriber)-.+", name) and name not in still_named
    )
