"""Topics, principals and rights of the broker, for programs and for people: what hub/wanted.py wants, and nothing else.

Both are sorted and have one right on one line, so that a change of a contract is read as a few lines of difference.
"""

from collections.abc import Iterator
from typing import Any

from contracts.book import Book
from contracts.pages.markdown import row
from hub.wanted import State, reader_of


def as_json(state: State) -> dict[str, Any]:
    """All of `state`: topics with their configuration, principals, and each right with its four parts."""
    return {
        "topics": {name: {"partitions": topic.partitions, "replicas": topic.replication, "config": dict(topic.config)}
                   for name, topic in sorted(state.topics.items())},
        "principals": sorted(state.principals),
        "rights": [{"principal": acl.principal, "operation": acl.operation, "resource": acl.resource, "name": acl.name}
                   for acl in sorted(state.acls)],
    }  # fmt: skip


def as_table(book: Book, state: State) -> str:
    """The matrix principal × operation × resource; what no line names is denied."""
    return "\n".join([
        "# 権限表", "",
        "提供契約から生成する。ここにない操作は、誰にも許されない。", "",
        "## 主体", "", "| 主体 | 誰か |", "|---|---|", *_principals(book, state), "",
        "## 権限", "", "| 主体 | 操作 | 資源 | 名前 |", "|---|---|---|---|",
        *(f"| {acl.principal} | {acl.operation} | {acl.resource} | `{acl.name}` |" for acl in sorted(state.acls)), "",
    ])  # fmt: skip


def _principals(book: Book, state: State) -> Iterator[str]:
    readers = {reader_of(contract): contract for contract in book.contracts.values()}
    for name in sorted(state.principals):
        contract = readers.get(name)
        if contract is None:
            who = "ハブの構成要素"
        elif contract.via == "topic":
            who = contract.subscriber
        else:
            who = f"{contract.subscriber}への提供（ハブが代わって読む）"
        yield row([name, who])
