"""`RuleTable`: what to do for an op, looked up by the class of the op.

A table answers one question about ops ("what is your shape?", "what is your gradient?").  An answer is a row, which
any package may register for any op class, or a method of the op class itself.  The most derived class that has an
answer wins; on one class, a row wins over a method.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from theano.errors import DuplicateRegistrationError, explain

__all__ = ["RuleTable", "call_method", "origin_of"]

_loading = threading.local()

Rule = Callable[..., Any]
Adapter = Callable[[Callable[..., Any]], Rule]


def call_method(method: Callable[..., Any]) -> Rule:
    """Adapt ``method(self, node, *args)`` of an op class to the rule form ``rule(node, *args)``."""

    def rule(node: Any, *args: Any) -> Any:
        return method(node.op, node, *args)

    rule.__wrapped__ = method  # type: ignore[attr-defined]
    return rule


def origin_of(value: Any) -> str:
    """Tell where a function or a class was written: ``module:name (file:line)``."""
    code = getattr(value, "__code__", None)
    owner = value if hasattr(value, "__qualname__") else type(value)
    place = f" ({code.co_filename}:{code.co_firstlineno})" if code is not None else ""
    return f"{owner.__module__}:{owner.__qualname__}{place}"


class RuleTable:
    """Rules of one subject, by op class.

    Parameters
    ----------
    name : str
        Name of the subject, such as "gradient".
    methods : mapping of str to callable, or str, or iterable of str, optional
        Methods of op classes that count as answers.  A mapping gives for each name the adapter that turns the
        attribute of the class into the rule form; names alone take `call_method`.  Earlier names win on one class.
    journal : callable, optional
        Called with an undo function after each registration.

    Examples
    --------
    >>> table = RuleTable("colour", methods={"paint": lambda method: method})
    >>> class Op: pass
    >>> class Red(Op):
    ...     def paint(self): return "red"
    >>> @table.register(Op)
    ... def op_colour(op): return "grey"
    >>> table.lookup(Op())(None), table.lookup(Red())(None), table.lookup(object())
    ('grey', 'red', None)

    Notes
    -----
    A method that the base class of all ops defines only as a default is not an answer: such defaults carry the
    attribute ``is_default_rule = True``.  A method that a class sets to None hides inherited answers.
    """

    def __init__(
        self,
        name: str,
        methods: Mapping[str, Adapter] | str | Iterable[str] | None = None,
        journal: Callable[[Callable[[], None]], None] | None = None,
    ) -> None:
        if methods is None:
            methods = {}
        elif isinstance(methods, str):
            methods = {methods: call_method}
        elif not isinstance(methods, Mapping):
            methods = dict.fromkeys(methods, call_method)
        self.name = name
        self.methods: dict[str, Adapter] = dict(methods)
        self.rows: dict[type, Rule] = {}
        self._later: dict[str, list[Callable[[], None]]] = {}
        self._found: dict[type, Rule | None] = {}
        self._journal = journal

    def __repr__(self) -> str:
        return f"<RuleTable {self.name!r}: {len(self.rows)} rows>"

    def __len__(self) -> int:
        return len(self.rows)

    def __contains__(self, op_class: type) -> bool:
        return op_class in self.rows

    def register(self, op_class: type, fn: Rule | None = None, *, override: bool = False) -> Any:
        """Add the rule of an op class; without ``fn`` this is a decorator.

        Raises
        ------
        DuplicateRegistrationError
            The class has a row already, and ``override`` is False.
        """
        if fn is None:
            return lambda rule: self.register(op_class, rule, override=override)
        if not isinstance(op_class, type):
            raise TypeError(
                explain(
                    f"rule for {op_class!r} in table {self.name!r}",
                    f"a rule belongs to a class, this is an instance of {type(op_class).__name__}",
                    "register the rule for the class of the op",
                )
            )
        if op_class.__module__ in self._later:
            self._load(op_class.__module__)  # so that a second rule is noticed
        before = self.rows.get(op_class)
        if before is not None and before is not fn and not override:
            raise DuplicateRegistrationError(
                explain(
                    f"rule for {op_class.__module__}.{op_class.__qualname__} in table {self.name!r}",
                    f"both {origin_of(before)} and {origin_of(fn)} register one",
                    "remove one of them, or pass override=True to replace the first",
                )
            )
        self.rows[op_class] = fn
        self._found.clear()
        if self._journal is not None and not getattr(_loading, "depth", 0):
            self._journal(lambda: self._restore(op_class, before))
        return fn

    def register_later(self, module: str, load: Callable[[], None]) -> None:
        """Call ``load()``, which registers rules, when a class that `module` defines is first met.

        So rules, and the ops that they are about, are imported by those programs only that use them.
        """
        self._later.setdefault(module, []).append(load)
        self._found.clear()

    def load_all(self) -> None:
        """Do now what `register_later` put off."""
        for module in list(self._later):
            self._load(module)

    def _load(self, module: str) -> None:
        # What was put off belongs to the hook that put it off, and is no change now.
        _loading.depth = getattr(_loading, "depth", 0) + 1
        try:
            for load in self._later.pop(module, ()):
                load()
        finally:
            _loading.depth -= 1

    def _restore(self, op_class: type, before: Rule | None) -> None:
        if before is None:
            self.rows.pop(op_class, None)
        else:
            self.rows[op_class] = before
        self._found.clear()

    def lookup(self, op: Any) -> Rule | None:
        """Return the rule that applies to an op, or None."""
        return self.lookup_class(type(op))

    def lookup_class(self, op_class: type) -> Rule | None:
        """Return the rule that applies to ops of a class, or None."""
        try:
            return self._found[op_class]
        except KeyError:
            rule = self._found[op_class] = self._search(op_class)
            return rule

    def _search(self, op_class: type) -> Rule | None:
        for cls in op_class.__mro__:
            if cls.__module__ in self._later:
                self._load(cls.__module__)
            row = self.rows.get(cls)
            if row is not None:
                return row
            own = vars(cls)
            for method_name, adapt in self.methods.items():
                if method_name not in own:
                    continue
                method = own[method_name]
                if method is None:
                    return None
                if not getattr(method, "is_default_rule", False):
                    return adapt(method)
        return None
