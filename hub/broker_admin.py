"""The one door to the broker's administration: users, topics and ACLs, described and changed as `admin`.

confluent-kafka is here because aiokafka has no calls for SCRAM users and ACLs. Passwords are made here, written to
`<secrets>/<principal>.password` (0600) and to nowhere else. Its errors leave as ours: a closed code, no text.
"""

import os
import secrets as random
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import confluent_kafka.admin
from confluent_kafka import KafkaError, KafkaException

from hub import trust
from hub.errors import DependencyUnavailable, JukiError, NotPermitted
from hub.plan import Plan, plan, without
from hub.wanted import Acl, State, Topic, ours

kafka: Any = confluent_kafka.admin  # untyped on purpose: its annotations contradict its documentation
SECONDS = 20.0
SHOWN_SECONDS = 120.0
"""How long a broker may take to show hundreds of new partitions: its first minute on a busy machine is slow."""
ITERATIONS = 4096  # of SCRAM; the passwords are 256 random bits, more would only cost time
_KINDS = {
    "topic": kafka.ResourceType.TOPIC,
    "group": kafka.ResourceType.GROUP,
    "transactional-id": kafka.ResourceType.TRANSACTIONAL_ID,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_REMEDY = "Start it with `jukihub up`, or point HUB_KAFKA at a broker that answers"
_SCRAM = kafka.ScramMechanism.SCRAM_SHA_512
_STRENGTH = kafka.ScramCredentialInfo(_SCRAM, ITERATIONS)


def connection(bootstrap: str, secrets: Path, principal: str) -> dict[str, Any]:
    """librdkafka's settings for `principal`; DependencyUnavailable where its password is not in `secrets`."""
    try:
        password = (secrets / f"{principal}.password").read_text(encoding="ascii").strip()
    except OSError:
        raise DependencyUnavailable("no-credentials", principal, "HUB_SECRETS names the folder of passwords") from None
    return {
        "bootstrap.servers": bootstrap,
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": principal,
        "sasl.password": password,
        "ssl.ca.location": str(secrets / "ca.pem"),
        "client.id": f"jukihub-{principal}",
        "log_level": 0,
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 500,
        "error_cb": lambda _said: None,  # else it prints; what fails is raised by the call that failed
    }


def answers(bootstrap: str, secrets: Path, principal: str = "admin", seconds: float = 1.0) -> bool:
    """Whether a broker answers `principal` over TLS and SCRAM within `seconds`."""
    try:
        found = kafka.AdminClient(connection(bootstrap, secrets, principal)).list_topics(timeout=seconds)
    except KafkaException:
        return False
    return bool(found.brokers)


class Broker:
    """A broker, seen by its administrator."""

    def __init__(self, bootstrap: str, secrets: Path, principal: str = "admin") -> None:
        self._secrets = secrets
        self._bootstrap = bootstrap
        self._client = kafka.AdminClient(connection(bootstrap, secrets, principal))
        _check_certificate(bootstrap, secrets)

    def state(self, names: Iterable[str]) -> State:
        """All topics, principals and ACLs; the configuration of those topics that are among `names`."""
        with _closed_codes():
            users = self._client.describe_user_scram_credentials(request_timeout=SECONDS)
            acls = self._client.describe_acls(_EVERY_ACL, request_timeout=SECONDS)
            found = self._client.list_topics(timeout=SECONDS).topics
            config = self._config([name for name in names if name in found])
            there = {name: _topic(name, topic, config.get(name, {})) for name, topic in found.items()}
            principals = {name: (self._secrets / f"{name}.password").exists() for name in users.result()}
            return State(there, principals, frozenset(_acl(binding) for binding in acls.result()))

    def apply(self, want: State, prefix: str) -> Plan:
        """Carry out the plan and wait until the broker shows it; the plan. Safe to repeat, also after half a run."""
        made = plan(want, self.state(want.topics), prefix)
        made.check()
        with _closed_codes():
            self._carry_out(made)
        until, rest = time.monotonic() + SHOWN_SECONDS, 0.02
        while not (left := plan(want, self.state(want.topics), prefix)).empty:
            if time.monotonic() > until:
                raise DependencyUnavailable("not-applied", "Kafka", "The broker took the plan and does not show it")
            time.sleep(rest)
            rest = min(2 * rest, 1.0)  # the question is as dear to a busy broker as the plan was
            with _closed_codes():  # a broker may still have shown what somebody had removed just before
                _all(self._client.create_acls(_bindings(left.add_acls)).values() if left.add_acls else ())
        return made

    def withdraw(self, principal: str, prefix: str) -> Plan:
        """Take from `principal` whatever it may under `prefix`, and wait until the broker shows it; safe to repeat.

        It loses its password too, unless another prefix names it. An open connection is refused its next request.
        """
        return self.apply(without(self.state([]), principal, prefix), prefix)

    def rotate(self, principal: str) -> None:
        """Give `principal` a new password, on the broker and in its file, and see that it opens.

        Connections that are open stay so; new ones read the file (hub/bus/client.py). Between the two acts a new
        connection is refused and tried again. Half a run is healed by another one.
        """
        draft = self._secrets / f".{principal}.next"
        _write_new(draft)
        upsertion = kafka.UserScramCredentialUpsertion(principal, _STRENGTH, draft.read_bytes())
        with _closed_codes():
            _all(self._client.alter_user_scram_credentials([upsertion]).values())
        draft.replace(self._secrets / f"{principal}.password")
        until = time.monotonic() + SECONDS
        while not answers(self._bootstrap, self._secrets, principal):
            if time.monotonic() > until:
                raise DependencyUnavailable("not-applied", principal, "Repeat it: the broker took another password")

    def forget(self, prefix: str) -> None:
        """Remove every topic, with its data, and every ACL under `prefix`; for tests. Principals stay."""
        have = self.state([])
        topics = [name for name in have.topics if ours(prefix, name)]
        acls = [acl for acl in have.acls if ours(prefix, acl.name) and not acl.wider]
        with _closed_codes():
            gone = self._client.delete_topics(topics, operation_timeout=SECONDS) if topics else {}
            _all([*gone.values(), *(self._client.delete_acls(_filters(acls)).values() if acls else ())])

    def broker_settings(self) -> dict[str, str]:
        """The broker's own settings by name; secret ones are withheld by the broker."""
        with _closed_codes():
            number = next(iter(self._client.list_topics(timeout=SECONDS).brokers))
            resource = kafka.ConfigResource(kafka.ConfigResource.Type.BROKER, str(number))
            entries = self._client.describe_configs([resource], request_timeout=SECONDS)[resource].result()
            return {name: entry.value or "" for name, entry in entries.items()}

    def _config(self, names: Sequence[str]) -> dict[str, dict[str, str]]:
        if not names:
            return {}
        asked = [kafka.ConfigResource(kafka.ConfigResource.Type.TOPIC, name) for name in names]
        answers = self._client.describe_configs(asked, request_timeout=SECONDS)
        return {
            resource.name: {name: entry.value or "" for name, entry in future.result().items()}
            for resource, future in answers.items()
        }

    def _carry_out(self, made: Plan) -> None:
        """All requests at once, then their answers: order does not matter, and nothing works until all are there."""
        users = [
            *(self._upsertion(name) for name in made.create_principals),
            *(kafka.UserScramCredentialDeletion(name, _SCRAM) for name in made.remove_principals),
        ]
        topics = [
            kafka.NewTopic(topic.name, topic.partitions, topic.replication, config=dict(topic.config))
            for topic in made.create_topics
        ]
        client = self._client
        requests = (
            (client.create_topics, topics),
            (client.incremental_alter_configs, _altered(made.change_topics)),
            (client.alter_user_scram_credentials, users),
            (client.create_acls, _bindings(made.add_acls)),
            (client.delete_acls, _filters(made.remove_acls)),
        )
        _all([future for ask, asked in requests if asked for future in ask(asked).values()])
        for name in made.remove_principals:
            (self._secrets / f"{name}.password").unlink(missing_ok=True)

    def _upsertion(self, name: str) -> Any:
        return kafka.UserScramCredentialUpsertion(name, _STRENGTH, _password(self._secrets, name).encode())


def _password(secrets: Path, principal: str) -> str:
    """The password of `principal`, made and written down where there is none yet."""
    file = secrets / f"{principal}.password"
    if not file.exists():
        part = secrets / f".{principal}.{os.getpid()}"
        _write_new(part)
        part.replace(file)
    return file.read_text(encoding="ascii").strip()


def _write_new(file: Path) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as output:
        output.write(random.token_urlsafe(32))


def _check_certificate(bootstrap: str, secrets: Path) -> None:
    """Refuse at once what the library would try again until its time is over, and then call silence."""
    code = trust.refusal(bootstrap, ssl.create_default_context(cafile=str(secrets / "ca.pem")))
    if code is not None:
        raise DependencyUnavailable(code, "Kafka", trust.REMEDY)


_ANY = kafka.AclOperation.ANY
_EVERY_ACL = kafka.AclBindingFilter(
    kafka.ResourceType.ANY, None, kafka.ResourcePatternType.ANY, None, None, _ANY, kafka.AclPermissionType.ANY
)  # fmt: skip


def _bindings(acls: Iterable[Acl]) -> list[Any]:
    return [kafka.AclBinding(*_literal(acl), kafka.AclPermissionType.ALLOW) for acl in acls]


def _filters(acls: Iterable[Acl]) -> list[Any]:
    return [kafka.AclBindingFilter(*_literal(acl), kafka.AclPermissionType.ALLOW) for acl in acls]


def _literal(acl: Acl) -> tuple[Any, ...]:
    operation = kafka.AclOperation[acl.operation.upper()]
    return _KINDS[acl.resource], acl.name, kafka.ResourcePatternType.LITERAL, f"User:{acl.principal}", "*", operation


def _acl(binding: Any) -> Acl:
    plain = (
        binding.resource_pattern_type == kafka.ResourcePatternType.LITERAL
        and binding.name != "*"
        and binding.permission_type == kafka.AclPermissionType.ALLOW
        and binding.host == "*"
    )
    resource = _NAMES.get(binding.restype, binding.restype.name.lower())
    return Acl(
        binding.principal.removeprefix("User:"), binding.operation.name.lower(), resource, binding.name, wider=not plain
    )


def _topic(name: str, found: Any, config: Mapping[str, str]) -> Topic:
    parts = found.partitions
    return Topic(name, len(parts), len(parts[0].replicas) if 0 in parts else 0, config)


def _altered(topics: Iterable[Topic]) -> list[Any]:
    setting = kafka.AlterConfigOpType.SET
    return [
        kafka.ConfigResource(
            kafka.ConfigResource.Type.TOPIC,
            topic.name,
            incremental_configs=[
                kafka.ConfigEntry(key, value, incremental_operation=setting) for key, value in topic.config.items()
            ],
        )
        for topic in topics
    ]


def _all(futures: Iterable[Any]) -> None:
    for future in futures:
        future.result(timeout=SECONDS)


@contextmanager
def _closed_codes() -> Iterator[None]:
    try:
        yield
    except KafkaException as failed:
        raise _error(failed.args[0]) from None
    except TimeoutError:
        raise DependencyUnavailable("broker-silent", "Kafka", _REMEDY) from None


def _error(said: KafkaError) -> JukiError:
    name = said.name().lstrip("_").lower().replace("_", "-")
    if "authoriz" in name or "authentic" in name:
        return NotPermitted(name, "Kafka")
    if said.code() < 0 or said.retriable():
        return DependencyUnavailable(name, "Kafka", _REMEDY)
    return JukiError(name, "Kafka")
