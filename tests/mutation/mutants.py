"""Small changes of a program, one at a time: what each mutant is, without asking who would notice.

A comparison is moved by one step or turned round, `and` becomes `or` and loses a part, `not` and conditions are turned,
numbers, texts and truths are altered, a sum becomes a difference, a result or an argument becomes None, a `yield` is
left out. Inside functions and methods, and in the tables (`_NAME = …`) that they read.
"""

import ast
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import partial
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final, NamedTuple

_TURNED: Final[dict[type[ast.AST], type[ast.AST]]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip


class Mutant(NamedTuple):
    """Where (module and qualified name), the line as it was, and what stands in the place of what."""

    module: str
    function: str
    line: str
    was: str
    now: str


def mutants(module: str, source: str) -> Iterator[tuple[Mutant, Callable[[], ast.Module]]]:
    """Every mutant of `source`, each with what makes the whole tree of it."""
    tree, lines = ast.parse(source), source.splitlines()
    for function, root in _places(tree):
        for node in _inside(root):
            for bare in _others(node):
                other = ast.fix_missing_locations(ast.copy_location(bare, node))
                line = lines[getattr(node, "lineno", 1) - 1].strip()
                now = "" if isinstance(other, ast.Pass) else ast.unparse(other)
                yield Mutant(module, function, line, ast.unparse(node), now), partial(_with, tree, node, other)


def _places(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from ((f"{node.name}.{each.name}", each) for each in node.body if isinstance(each, ast.FunctionDef))
        elif isinstance(node, ast.AnnAssign | ast.Assign) and node.value is not None:
            target = ast.unparse(node.target if isinstance(node, ast.AnnAssign) else node.targets[0])
            if target.startswith("_"):
                yield target, node.value


def _inside(root: ast.AST) -> Iterator[ast.AST]:
    """Nodes that are executed: no docstring, no annotation, no default, no text inside an f-string."""
    body = root.body if isinstance(root, ast.FunctionDef) else [root]
    if isinstance(root, ast.FunctionDef) and ast.get_docstring(root):
        body = body[1:]
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop(0)
        yield node
        if not isinstance(node, ast.JoinedStr):
            left_out = {id(node.annotation)} if isinstance(node, ast.AnnAssign) else set()
            waiting += [each for each in ast.iter_child_nodes(node) if id(each) not in left_out]


def _others(node: ast.AST) -> Iterator[ast.AST]:
    return _CHANGES[type(node)](node) if type(node) in _CHANGES else iter(())


def _comparison(node: ast.Compare) -> Iterator[ast.AST]:
    for at, op in enumerate(node.ops):
        ops: list[Any] = [*node.ops[:at], _TURNED[type(op)](), *node.ops[at + 1 :]]
        yield ast.Compare(node.left, ops, node.comparators)


def _both_or_either(node: ast.BoolOp) -> Iterator[ast.AST]:
    yield ast.BoolOp(_TURNED[type(node.op)](), node.values)  # type: ignore[arg-type]
    for at in range(len(node.values)):
        rest = node.values[:at] + node.values[at + 1 :]
        yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)


def _sum(node: ast.BinOp) -> Iterator[ast.AST]:
    if type(node.op) in _TURNED:
        yield ast.BinOp(node.left, _TURNED[type(node.op)](), node.right)  # type: ignore[arg-type]


def _negation(node: ast.UnaryOp) -> Iterator[ast.AST]:
    if isinstance(node.op, ast.Not):
        yield node.operand


def _condition(node: ast.If | ast.IfExp) -> Iterator[ast.AST]:
    turned = ast.UnaryOp(ast.Not(), node.test)
    yield type(node)(turned, node.body, node.orelse)  # type: ignore[arg-type]


def _filter(node: ast.comprehension) -> Iterator[ast.AST]:
    if node.ifs:
        yield ast.comprehension(node.target, node.iter, [], node.is_async)


def _result(node: ast.Return) -> Iterator[ast.AST]:
    if node.value is not None and not _is_none(node.value):
        yield ast.Return(ast.Constant(None))


def _assignment(node: ast.Assign) -> Iterator[ast.AST]:
    if not _is_none(node.value):
        yield ast.Assign(node.targets, ast.Constant(None))


def _statement(node: ast.Expr) -> Iterator[ast.AST]:
    if isinstance(node.value, ast.Yield | ast.YieldFrom):
        yield ast.Pass()


def _constant(node: ast.Constant) -> Iterator[ast.AST]:
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield from (ast.Constant(value + 1), ast.Constant(value - 1))
    elif isinstance(value, str):
        yield ast.Constant(f"{value}?")


def _arguments(call: ast.Call) -> Iterator[ast.AST]:
    for at, argument in enumerate(call.args):
        if not isinstance(argument, ast.Starred | ast.Constant):
            yield ast.Call(call.func, [*call.args[:at], ast.Constant(None), *call.args[at + 1 :]], call.keywords)
    for at in range(len(call.keywords)):
        yield ast.Call(call.func, call.args, call.keywords[:at] + call.keywords[at + 1 :])


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


_CHANGES: Final[dict[type[ast.AST], Callable[[Any], Iterator[ast.AST]]]] = {
    ast.Compare: _comparison, ast.BoolOp: _both_or_either, ast.BinOp: _sum, ast.UnaryOp: _negation, ast.If: _condition,
    ast.IfExp: _condition, ast.comprehension: _filter, ast.Return: _result, ast.Assign: _assignment,
    ast.Expr: _statement, ast.Constant: _constant, ast.Call: _arguments,
}  # fmt: skip


class _Put(ast.NodeTransformer):
    def __init__(self, mark: int, other: ast.AST) -> None:
        self._mark, self._other = mark, other

    def visit(self, node: ast.AST) -> Any:
        return self._other if getattr(node, "mark", None) == self._mark else self.generic_visit(node)


def _with(tree: ast.Module, node: ast.AST, other: ast.AST) -> ast.Module:
    node.mark = 1  # type: ignore[attr-defined]
    copied = deepcopy(tree)
    del node.mark  # type: ignore[attr-defined]
    put: ast.Module = _Put(1, deepcopy(other)).visit(copied)
    for each in ast.walk(put):
        if hasattr(each, "mark"):
            del each.mark
    return ast.fix_missing_locations(put)


def put_in(module: ModuleType, mutant: Mutant, tree: ast.Module) -> None:
    """Make the running program the mutant: the function keeps its identity and gets another code."""
    made: dict[str, Any] = {"__name__": module.__name__, "__file__": module.__file__}
    exec(compile(tree, str(module.__file__), "exec"), made)  # noqa: S102 - our own program, changed by one step
    owner, _, name = mutant.function.rpartition(".")
    if not owner and not isinstance(made[name], FunctionType):
        setattr(module, name, made[name])
        return
    here, there = (vars(module)[owner], made[owner]) if owner else (module, type("", (), made))
    _function(vars(here)[name]).__code__ = _code(vars(there)[name])


def _function(found: Any) -> FunctionType:
    plain: FunctionType = getattr(found, "fget", None) or getattr(found, "__func__", found)
    return plain


def _code(found: Any) -> CodeType:
    return _function(found).__code__
