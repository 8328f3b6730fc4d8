"""Filters as dicts: into an expression of leann-search(1), FILTERS, or into a function over metadata.

    {"lang": "python"}                               a field is a value
    {"page": {">": 5, "<=": 9}, "draft": False}      all of them hold
    {"$or": [{"author": {"contains": "smith"}}, {"$not": {"page": {"in": [1, 2]}}}]}

Operators: == != < <= > >= in not_in contains starts_with ends_with is_true is_false, and Chroma's
$eq $ne $gt $gte $lt $lte $in $nin. What has no such field passes $ne and $nin, and no other operator.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Any, Callable, Mapping

from .errors import LEANNUsageError

Where = Mapping[str, Any]
# A node: ("and"|"or", [node, ...]), ("not", node) or ("is", field, operator, value).
Node = tuple

_NAMES = {
    "==": "=", "=": "=", "$eq": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=",
    "$lt": "<", "$lte": "<=", "$gt": ">", "$gte": ">=", "in": "in", "$in": "in", "not_in": "not in",
    "contains": "contains", "$contains": "contains", "starts_with": "starts with",
    "ends_with": "ends with", "~": "~", "!~": "!~", "is_true": "true", "is_false": "false",
}
_KEY = re.compile(r"[a-z][a-z0-9_.-]{0,62}\Z")


def _compare(field: str, op: str, value: Any) -> Node:
    if op == "$ne":
        return ("not", ("is", field, "=", value))
    if op == "$nin":
        return ("not", _compare(field, "in", value))
    if op not in _NAMES:
        raise LEANNUsageError(f"filter: {field}: unknown operator {op!r}")
    name = _NAMES[op]
    if name in ("in", "not in"):
        if isinstance(value, (str, bytes, Mapping)):
            raise LEANNUsageError(f"filter: {field}: {op} wants a list, not {value!r}")
        try:
            value = list(value)
        except TypeError:
            raise LEANNUsageError(f"filter: {field}: {op} wants a list, not {value!r}") from None
    return ("is", field, name, value)


def parse(where: Where) -> Node:
    """A dict as a tree; what is wrong with it is LEANNUsageError."""
    if not isinstance(where, Mapping):
        raise LEANNUsageError(f"filter: want a dict, not {type(where).__name__}")
    parts: list[Node] = []
    for key, value in where.items():
        if key in ("$and", "$or", "and", "or") and isinstance(value, (list, tuple)):
            if not value:
                raise LEANNUsageError(f"filter: {key} of nothing")
            parts.append((key.lstrip("$"), [parse(v) for v in value]))
        elif key in ("$not", "not") and isinstance(value, Mapping):
            parts.append(("not", parse(value)))
        elif not isinstance(key, str) or key.startswith("$"):
            raise LEANNUsageError(f"filter: unknown operator {key!r}")
        elif isinstance(value, Mapping):
            if not value:
                raise LEANNUsageError(f"filter: {key}: no operator")
            parts += [_compare(key, op, v) for op, v in value.items()]
        elif isinstance(value, (list, tuple)):
            raise LEANNUsageError(f"filter: {key}: a list: use {{'in': [...]}}")
        else:
            parts.append(("is", key, "=", value))
    return parts[0] if len(parts) == 1 else ("and", parts)


def _literal(field: str, value: Any) -> str:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            value = value.replace(tzinfo=timezone.utc)
        return str(int(value.timestamp()))
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    raise LEANNUsageError(f"filter: {field}: no value for a filter: {value!r}")


def _write(n: Node) -> str:
    if n[0] in ("and", "or"):
        return "(" + f" {n[0]} ".join(_write(x) for x in n[1]) + ")"
    if n[0] == "not":
        return f"(not {_write(n[1])})"
    _, field, op, value = n
    if not _KEY.match(field):
        raise LEANNUsageError(f"filter: no field can be called {field!r}: small letters, digits, . _ -")
    if op in ("true", "false"):
        return f"{field} is {op}"
    if isinstance(value, bool):
        if op not in ("=", "!="):
            raise LEANNUsageError(f"filter: {field} {op} {value}: true and false are equal or not")
        return f"{field} is {str(value == (op == '=')).lower()}"
    if op in ("in", "not in"):
        if not value:
            raise LEANNUsageError(f"filter: {field} {op} nothing")
        return f"{field} {op} ({', '.join(_literal(field, v) for v in value)})"
    return f"{field} {op} {_literal(field, value)}"


def expression(where: Where | str | None) -> str | None:
    """What leann_filter_parse() takes; None and {} take everything."""
    if where is None or isinstance(where, str):
        return where or None
    return _write(parse(where)) if where else None


# ---- the same over a document's own metadata, as it was given ----

def _kind(v: Any) -> str:
    return "bool" if isinstance(v, bool) else "number" if isinstance(v, (int, float)) else type(v).__name__


def _equal(a: Any, b: Any) -> bool:
    return _kind(a) == _kind(b) and bool(a == b)


_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}


def _holds(op: str, have: Any, want: Any) -> bool:
    if op == "=":
        return _equal(have, want)
    if op == "!=":
        return not _equal(have, want)
    if op in _ORDER:
        return _kind(have) == _kind(want) in ("number", "str") and _ORDER[op](have, want)
    if op in ("in", "not in"):
        own = have if isinstance(have, (list, tuple)) else [have]
        return any(_equal(h, w) for h in own for w in want) == (op == "in")
    if op == "contains":
        if isinstance(have, (list, tuple)):
            return any(_equal(h, want) for h in have)
        return str(want) in str(have)
    if op == "starts with":
        return str(have).startswith(str(want))
    if op == "ends with":
        return str(have).endswith(str(want))
    if op in ("true", "false"):
        return bool(have) == (op == "true")
    raise LEANNUsageError(f"filter: operator {op} is for an index, not for metadata")


def predicate(where: Where | None) -> Callable[[Mapping[str, Any]], bool]:
    """A function of a document's metadata. Values compare with their own kind only."""
    if not where:
        return lambda metadata: True
    tree = parse(where)

    def look(n: Node, m: Mapping[str, Any]) -> bool:
        if n[0] == "and":
            return all(look(x, m) for x in n[1])
        if n[0] == "or":
            return any(look(x, m) for x in n[1])
        if n[0] == "not":
            return not look(n[1], m)
        _, field, op, value = n
        return m.get(field) is not None and _holds(op, m[field], value)

    look(tree, _AnyKey())  # an operator that cannot be is said before there are documents
    return lambda metadata: look(tree, metadata)


class _AnyKey(dict):
    def get(self, key: Any, default: Any = None) -> Any:
        return ""

    def __getitem__(self, key: Any) -> Any:
        return ""
