"""The rules of the side channels, each as a function of a source text: what it objects to, nothing where it does not.

Nothing that stands outside a seal may depend on an item, a kind or a person: not a topic's name, a header, a metric, a
log line, an error code or the table of dead letters. Each rule is a closed list; whatever is not on it is an objection.
"""

import ast
import re
from collections.abc import Callable, Iterator
from typing import Final

NAMING: Final = frozenset({"prefix", "contract", "slot", "reader"})
"""What a name on the broker may be made of."""
MEMBERS: Final = frozenset({"alg", "enc", "kid", "aud", "sub_topic", "part", "iat", "ctr", "seq", "jti", "sub"})
"""Members of a token's header: algorithms, key, contract, place, day, contract's hash, count, id, record key."""
SHEET: Final = frozenset({"seq", "jti", "payload", "key"})
"""All that sealing is given of a disclosure."""
LABELS: Final = frozenset({"contract", "outcome", "reason", "code"})
"""Labels of metrics."""
COLUMNS: Final = frozenset({
    "id", "contract", "state", "code", "count", "total", "first", "last", "attempts", "replays", "behind", "residents",
    "plan", "published_ms", "oldest_ms", "partition", "record_offset", "token", "subject",
})  # fmt: skip
"""What is read of dead letters to show it: counts, times, ids; the sealed token and the pseudonym to open it with."""
ERRORS: Final = frozenset({
    "JukiError", "ChangeRefused", "UsageError", "NotPermitted", "DependencyUnavailable", "AlreadyTold", "ProduceFailed",
    "Fenced", "TokenRefused", "KeyDestroyed", "DatabaseError", "Refused", "Deferred", "ApprovalRequired", "Moved",
    "SubscriptionError", "Unavailable", "NotVisible", "FellBehind", "StoreFailed", "RecordRefused", "ApplyFailed",
    "Overtaken",
})  # fmt: skip
"""What carries a code: errors, and the outcomes that make dead letters."""
KEBAB: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def names_on_the_broker(source: str) -> Iterator[str]:
    """Functions that name something on the broker take a prefix, a contract, a slot or a reader, and nothing else."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            taken = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
            others = {each.arg for each in taken} - NAMING
            yield from (f"{node.name} is made of {each}" for each in sorted(others))
            if node.args.vararg or node.args.kwarg:
                yield f"{node.name} is made of anything"


def members_of_a_header(source: str) -> Iterator[str]:
    """Every member that is written into a token's header is on the list, and a sheet holds nothing else to write."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict) and any(_text(key) in ("alg", "enc") for key in node.keys):
            yield from (f"member {_text(key)}" for key in node.keys if _text(key) not in MEMBERS)
        if isinstance(node, ast.Constant) and isinstance(node.value, bytes):
            written = re.findall(rb'"([^"]+)":', node.value)
            yield from (f"member {each.decode()}" for each in written if each.decode() not in MEMBERS)
        if isinstance(node, ast.ClassDef) and node.name == "Sheet":
            fields = [ast.unparse(each.target) for each in node.body if isinstance(each, ast.AnnAssign)]
            yield from (f"sheet with {each}" for each in fields if each not in SHEET)


def headers_of_a_record(source: str) -> Iterator[str]:
    """A record is written with the constant headers of `envelope`, or with none."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and _called(node) == "Outgoing":
            headers = node.args[1 if any(isinstance(each, ast.Starred) for each in node.args) else 2]
            if ast.unparse(headers) not in ("()", "CHANGE", "DISCLOSURE", "envelope.CHANGE", "envelope.DISCLOSURE"):
                yield f"headers {ast.unparse(headers)}"


def constant_headers(source: str) -> Iterator[str]:
    """The headers of `envelope` are made of constants when the module is read."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Call):
            made_of = [each for each in node.value.args if not isinstance(each, ast.Constant)]
            yield from (f"made of {ast.unparse(each)}" for each in made_of)


def labels_of_metrics(source: str) -> Iterator[str]:
    """A metric has no label that is not on the list, and its labels are written where it is declared."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and _called(node) in ("Counter", "Gauge", "Histogram", "Summary", "Info", "Enum"):
            named = [each.value for each in node.keywords if each.arg == "labelnames"]
            for labels in [*node.args[2:3], *named]:
                if not isinstance(labels, ast.List | ast.Tuple):
                    yield f"labels {ast.unparse(labels)}"
                else:
                    yield from (f"label {_text(each)}" for each in labels.elts if _text(each) not in LABELS)


def codes_of_errors(source: str) -> Iterator[str]:
    """A code is written out, or handed on from what has one; it is never put together."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and _called(node) in ERRORS and node.args:
            yield from (f"code {fault}" for fault in _open(node.args[0]))


def _open(code: ast.expr) -> Iterator[str]:
    if isinstance(code, ast.IfExp):
        yield from _open(code.body)
        yield from _open(code.orelse)
    elif isinstance(code, ast.Constant):
        if not (isinstance(code.value, str) and KEBAB.fullmatch(code.value)):
            yield ast.unparse(code)
    elif not (isinstance(code, ast.Name | ast.Attribute) and ast.unparse(code).split(".")[-1] == "code"):
        yield ast.unparse(code)


def columns_of_letters(source: str) -> Iterator[str]:
    """What is read of dead letters, statement by statement: ids, contract, code, times and counts."""
    for statement in re.split(r"^-- name: .*$", source, flags=re.MULTILINE):
        flat = re.sub(r"^--.*$", "", statement, flags=re.MULTILINE)
        while (inner := re.sub(r"\([^()]*\)", "", flat)) != flat:
            flat = inner
        shown = flat.partition("SELECT")[2].partition("\nFROM ")[0].partition(" FROM ")[0]
        for column in filter(None, map(str.strip, shown.split(","))):
            name = column.split("AS ")[-1].strip().split(".")[-1]
            if name not in COLUMNS:
                yield f"column {name}"


def _called(node: ast.Call) -> str:
    return ast.unparse(node.func).split(".")[-1]


def _text(node: ast.expr | None) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else ast.unparse(node) if node is not None else "**"


Rule = Callable[[str], Iterator[str]]
