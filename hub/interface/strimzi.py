"""Topics and principals as resources of Strimzi (`kafka.strimzi.io/v1`), for a broker that its operators look after.

They say exactly what `jukihub topics apply` would make. A password is nowhere here: the User Operator makes one per
principal. Every value is written as in JSON, so that no reader of YAML takes `on` or `1e3` for anything but text.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import groupby
from typing import Any, Final

from hub.wanted import Acl, State, Topic

API: Final = "kafka.strimzi.io/v1"
CLUSTER: Final = "juki-hub"
"""The name of the Kafka resource, where no other is given."""
_SUBDOMAIN: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LONGEST: Final = 253
_TYPES: Final[Mapping[str, str]] = {"transactional-id": "transactionalId"}


def files(state: State, cluster: str = CLUSTER) -> dict[str, str]:
    """One file per kind of resource, each a stream of YAML documents."""
    principals = {name: tuple(acl for acl in sorted(state.acls) if acl.principal == name) for name in state.principals}
    return {
        "kafka-topics.yaml": _stream(_topic(topic, cluster) for _, topic in sorted(state.topics.items())),
        "kafka-users.yaml": _stream(_user(name, acls, cluster) for name, acls in sorted(principals.items())),
    }


def resource_name(topic: str) -> str:
    """`topic` where Kubernetes takes it for a name; else a form of it that it takes, marked so that no two are one."""
    if len(topic) <= _LONGEST and _SUBDOMAIN.fullmatch(topic):
        return topic
    plain = re.sub(r"[^a-z0-9]+", "-", topic.lower())[:200].strip("-")
    return f"{plain}-{sha256(topic.encode()).hexdigest()[:12]}".strip("-")


def _topic(topic: Topic, cluster: str) -> dict[str, Any]:
    return _resource("KafkaTopic", resource_name(topic.name), cluster, {
        "topicName": topic.name, "partitions": topic.partitions, "replicas": topic.replication,
        "config": dict(topic.config),
    })  # fmt: skip


def _user(principal: str, acls: Sequence[Acl], cluster: str) -> dict[str, Any]:
    return _resource("KafkaUser", principal, cluster, {
        "authentication": {"type": "scram-sha-512"},
        "authorization": {"type": "simple", "acls": [*_rules(acls)]},
    })  # fmt: skip


def _rules(acls: Sequence[Acl]) -> Iterator[dict[str, Any]]:
    """One rule per resource, with all that is allowed on it."""
    by_resource = sorted(acls, key=lambda acl: (acl.resource, acl.name, acl.operation))
    for (kind, name), same in groupby(by_resource, key=lambda acl: (acl.resource, acl.name)):
        yield {
            "type": "allow",
            "resource": {"type": _TYPES.get(kind, kind), "name": name, "patternType": "literal"},
            "host": "*",
            "operations": [_operation(acl.operation) for acl in same],
        }


def _operation(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("-"))


def _resource(kind: str, name: str, cluster: str, spec: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": name, "labels": {"strimzi.io/cluster": cluster}}
    return {"apiVersion": API, "kind": kind, "metadata": metadata, "spec": spec}


def _stream(resources: Iterable[dict[str, Any]]) -> str:
    return "".join("---\n" + "\n".join(_lines(each, "")) + "\n" for each in resources)


def _lines(value: dict[str, Any] | list[Any], indent: str) -> Iterator[str]:
    """Block style. What is in a mapping stands below its key, what is in a sequence behind its dash."""
    if isinstance(value, list):
        for part in value:
            first, *rest = _lines(part, indent + "  ") if isinstance(part, dict) else [_scalar(part)]
            yield f"{indent}- {first.lstrip()}"
            yield from rest
        return
    for name, part in value.items():
        if isinstance(part, dict | list):
            yield f"{indent}{name}:"
            yield from _lines(part, indent + "  ")
        else:
            yield f"{indent}{name}: {_scalar(part)}"


def _scalar(value: str | int) -> str:
    return json.dumps(value, ensure_ascii=False)
