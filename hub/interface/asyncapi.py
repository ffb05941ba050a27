"""One AsyncAPI 3.1 document per contract: all that a subscriber needs to build against, and nothing of the others.

Topic, group, partitions and configuration are those of hub/wanted.py; the headers are those of hub/envelope.py; what a
token holds is the schema of hub/interface/schema.py. The broker's address is a variable. Written from the subscriber's
side: it receives.
"""

from typing import Any, Final

from contracts.book import Book
from contracts.canonical import fingerprint
from contracts.contract import Contract
from hub import envelope, topics
from hub.config import Settings
from hub.interface import schema
from hub.interface.forms import Schema, at
from hub.wanted import State, Topic, reader_of

VERSION: Final = "3.1.0"
BINDING: Final = "0.5.0"
BOOTSTRAP: Final = "kafka.example:9093"
_SEGMENT: Final = "[A-Za-z0-9_-]"
TOKEN: Final = rf"^{_SEGMENT}+\.\.{_SEGMENT}{{16}}\.{_SEGMENT}+\.{_SEGMENT}{{22}}$"
_DAY: Final = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_SCHEMAS: Final = "#/components/schemas"
_HOW: Final = (
    "read_committed で読む。値は JWE（compact、alg: dir、enc: A256GCM）。保護ヘッダーの aud、sub_topic、part、sub が、"
    "読んだ場所と異なるトークンは拒む。seq は提供契約とパーティションごとに1ずつ増え、飛べば取りこぼしがある。"
    "同じ jti は一度だけ適用する。開いた中身は JSON で、末尾を空白で埋めてある。"
)


def document(contract: Contract, book: Book, state: State, settings: Settings) -> dict[str, Any]:
    """The document of one contract; its `id` is the hash of its own content."""
    topic = state.topics[topics.disclosures(settings.prefix, contract.id)]
    content = {
        "info": _info(contract, book),
        "defaultContentType": "application/jose",
        "servers": {"broker": _server()},
        "channels": {"disclosures": _channel(contract, topic)},
        "operations": {"receive": _operation(contract, state)},
        "components": {
            "messages": {"disclosure": _message(contract)},
            "schemas": _schemas(contract, book, topic),
            "securitySchemes": {"scram": {"type": "scramSha512", "description": "主体ごとの名前とパスワード。"}},
        },
    }  # fmt: skip
    return {"asyncapi": VERSION, "id": f"urn:juki-hub:asyncapi:{fingerprint(content)}", **content}


def _info(contract: Contract, book: Book) -> dict[str, Any]:
    bases = "\n".join(f"- {book.bases[key].name}" for key in contract.basis if key in book.bases)
    return {
        "title": f"{contract.subscriber}：{contract.purpose}",
        "version": contract.hash,
        "description": f"住民記録の異動のうち、次の根拠により提供する項目だけを受け取る。\n\n{bases}",
        "contact": {"name": contract.approved.by},
        "x-contract": {"id": contract.id, "hash": contract.hash, "approved": contract.approved.ref,
                       "schema": schema.document(contract, book)["$id"]},
    }  # fmt: skip


def _server() -> dict[str, Any]:
    return {
        "host": "{bootstrap}",
        "protocol": "kafka-secure",
        "description": "SASL_SSL、SCRAM-SHA-512。",
        "variables": {"bootstrap": {"description": "ブローカーの所在。運用者が知らせる。", "default": BOOTSTRAP}},
        "security": [{"$ref": "#/components/securitySchemes/scram"}],
    }


def _channel(contract: Contract, topic: Topic) -> dict[str, Any]:
    return {
        "address": topic.name,
        "title": f"{contract.subscriber}への提供情報",
        "description": "同じ住民の提供情報は、同じパーティションに順に並ぶ。",
        "servers": [{"$ref": "#/servers/broker"}],
        "messages": {"disclosure": {"$ref": "#/components/messages/disclosure"}},
        "bindings": {"kafka": {
            "topic": topic.name, "partitions": topic.partitions, "replicas": topic.replication,
            "topicConfiguration": {name: _setting(name, value) for name, value in topic.config.items()},
            "bindingVersion": BINDING,
        }},
    }  # fmt: skip


def _setting(name: str, value: str) -> Any:
    """A setting of a topic as the binding writes it: a list of policies, numbers as numbers."""
    if name == "cleanup.policy":
        return value.split(",")
    if value in ("true", "false"):
        return value == "true"
    return int(value) if value.removeprefix("-").isascii() and value.removeprefix("-").isdigit() else value


def _operation(contract: Contract, state: State) -> dict[str, Any]:
    reader = reader_of(contract)
    groups = sorted(acl.name for acl in state.acls if (acl.principal, acl.resource) == (reader, "group"))
    who = contract.subscriber if contract.via == "topic" else "ハブ（提供先に代わって読む）"
    return {
        "action": "receive",
        "channel": {"$ref": "#/channels/disclosures"},
        "summary": f"主体 {reader} として受け取る。",
        "description": f"読む者：{who}。{_HOW}",
        "messages": [{"$ref": "#/channels/disclosures/messages/disclosure"}],
        "bindings": {"kafka": {"groupId": {"type": "string", "enum": groups}, "bindingVersion": BINDING}},
    }


def _message(contract: Contract) -> dict[str, Any]:
    return {
        "name": dict(envelope.DISCLOSURE)["ce_type"].decode(),
        "title": f"{contract.purpose}のための提供情報",
        "contentType": "application/jose",
        "headers": {"$ref": f"{_SCHEMAS}/headers"},
        "payload": {"$ref": f"{_SCHEMAS}/token"},
        "bindings": {"kafka": {"key": {"$ref": f"{_SCHEMAS}/record-key"}, "bindingVersion": BINDING}},
    }


def _schemas(contract: Contract, book: Book, topic: Topic) -> dict[str, Schema]:
    root, parts = schema.disclosure(contract, book, at(_SCHEMAS))
    own = {
        "headers": _headers(), "record-key": _record_key(), "token": _token(),
        "protected-header": _protected_header(contract, topic),
    }  # fmt: skip
    return {**own, "disclosure": root, **parts}


def _headers() -> Schema:
    told = {name: {"type": "string", "const": value.decode()} for name, value in envelope.DISCLOSURE}
    return {
        "description": "CloudEvents 1.0（Kafka binding、binary mode）。どの提供情報にも同じ。",
        "type": "object", "properties": told, "required": [*told], "additionalProperties": False,
    }  # fmt: skip


def _record_key() -> Schema:
    return {
        "description": "16バイト。住民の仮名で、提供契約ごとに異なり、同じ住民には同じ。",
        "type": "string", "format": "binary", "minLength": 16, "maxLength": 16,
    }  # fmt: skip


def _token() -> Schema:
    return {
        "description": f"封をした提供情報（JWE compact）。{_HOW}",
        "type": "string",
        "pattern": TOKEN,
        "contentMediaType": "application/jose",
        "contentSchema": {"$ref": f"{_SCHEMAS}/disclosure"},
        "x-protected-header": {"$ref": f"{_SCHEMAS}/protected-header"},
    }


def _protected_header(contract: Contract, topic: Topic) -> Schema:
    """The members of the header that hub/seal.py writes and demands."""
    number = {"type": "integer", "minimum": 0}
    members: dict[str, Schema] = {
        "alg": {"const": "dir"},
        "enc": {"const": "A256GCM"},
        "kid": {"description": "鍵（提供契約と日）。", "type": "string", "pattern": rf"^{contract.id}\.{_DAY}$"},
        "aud": {"description": "提供契約。", "const": contract.id},
        "sub_topic": {"description": "置かれたトピック。", "const": topic.name},
        "part": {"description": "置かれたパーティション。", **number, "maximum": topic.partitions - 1},
        "iat": {"description": "封をした時刻（1970年からの秒）。", **number},
        "ctr": {"description": "提供契約のハッシュ。異なれば別の版による提供である。", "const": contract.hash},
        "seq": {"description": "提供契約とパーティションごとの連番。", "type": "integer", "minimum": 1},
        "jti": {"description": "提供情報の識別子。中身の id と同じ。", "type": "string", "format": "uuid"},
        "sub": {"description": "レコードキー（16進）。", "type": "string", "pattern": "^[0-9a-f]{32}$"},
    }  # fmt: skip
    return {
        "description": "JWE の保護ヘッダー。認証される。",
        "type": "object", "properties": members, "required": [*members], "additionalProperties": False,
    }  # fmt: skip
