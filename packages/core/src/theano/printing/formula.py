"""`pp`: a graph as a formula.

Printers are chosen by rules.  A printer of ours only says what the text consists of (`parts`), and `PPrinter` puts
it together without recursion; printers of others may define the classic ``process(variable, state)`` instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from theano.printing.symbols import printer_of_op

__all__ = [
    "DefaultPrinter",
    "FunctionPrinter",
    "IgnorePrinter",
    "LeafPrinter",
    "OperatorPrinter",
    "PPrinter",
    "PatternPrinter",
    "PrinterState",
    "pp",
    "pprint",
]

LOWEST = -999999.0
INSIDE_CALL = -1000.0

# A text consists of strings and of pairs (variable, precedence of the place where it stands).
Part = Any


class PrinterState:
    """What a classic printer is told: ``pprinter``, ``precedence``, and anything else that was set."""

    def __init__(self, props: Any = None, **more_props: Any) -> None:
        if props is not None:
            vars(self).update(props if isinstance(props, dict) else vars(props))
        vars(self).update(more_props)


class Printer:
    """Base of printers that state the parts of the text."""

    def parts(self, variable: Any, precedence: float) -> Iterable[Part]:
        """Return strings and pairs (variable, precedence)."""
        raise NotImplementedError

    def process(self, variable: Any, state: Any) -> str:
        """Return the text, as the classic interface of printers."""
        text: str = state.pprinter._assemble(self.parts(variable, getattr(state, "precedence", LOWEST)))
        return text


class OperatorPrinter(Printer):
    """``(a + b)``.

    Parameters
    ----------
    operator : str
        Stands between the inputs, or before a single one.
    precedence : float
        Higher binds stronger.
    assoc : {"left", "right", "either"}
        On which side equal operators need no parentheses.

    Notes
    -----
    Every operation gets its parentheses, as it always did; with ``minimal = True`` only those that are needed.
    """

    minimal = False

    def __init__(self, operator: str, precedence: float, assoc: str = "left") -> None:
        self.operator = operator
        self.precedence = precedence
        self.assoc = assoc

    def parts(self, variable: Any, precedence: float) -> Iterable[Part]:
        inputs = _node(variable, self.operator).inputs
        tighter = self.precedence + 1e-6
        last = len(inputs) - 1
        body: list[Part] = []
        for i, item in enumerate(inputs):
            if i:
                body.append(f" {self.operator} ")
            loose = self.assoc == "either" or i == (0 if self.assoc == "left" else last)
            body.append((item, self.precedence if loose and last else tighter))
        if not last:
            body.insert(0, self.operator)
        if self.minimal and precedence <= self.precedence:
            return body
        return ["(", *body, ")"]


class FunctionPrinter(Printer):
    """``name(a, b)``; one name for each output."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def parts(self, variable: Any, precedence: float) -> Iterable[Part]:
        node = _node(variable, self.names[0])
        name = self.names[node.outputs.index(variable)] if len(self.names) > 1 else self.names[0]
        return _call(name, node.inputs)


class PatternPrinter(Printer):
    """A template with ``%(0)s`` for the first input, and so on; one for each output."""

    def __init__(self, *patterns: Any) -> None:
        self.patterns = [pattern if isinstance(pattern, tuple) else (pattern,) for pattern in patterns]

    def parts(self, variable: Any, precedence: float) -> Iterable[Part]:
        node = _node(variable, str(self.patterns[0][0]))
        pattern, *precedences = self.patterns[node.outputs.index(variable) if len(self.patterns) > 1 else 0]
        marks = {str(i): f"\0{i}\0" for i in range(len(node.inputs))}
        for i, piece in enumerate((pattern % marks).split("\0")):
            if i % 2 == 0:
                yield piece
            else:
                position = int(piece)
                wanted = precedences[position] if position < len(precedences) else INSIDE_CALL
                yield node.inputs[position], wanted


class IgnorePrinter(Printer):
    """Print the first input only."""

    def parts(self, variable: Any, precedence: float) -> Iterable[Part]:
        return [(_node(variable, "an ignored operation").inputs[0], precedence)]


class LeafPrinter(Printer):
    """The name or value of an input or a constant."""

    def parts(self, variable: Any, precedence: float) -> Iterable[Part]:
        return [str(variable)]


class DefaultPrinter(Printer):
    """``op(a, b)``."""

    def parts(self, variable: Any, precedence: float) -> Iterable[Part]:
        node = getattr(variable, "owner", None)
        if node is None:
            return [str(variable)]
        index = "" if len(node.outputs) == 1 else f".{variable.index}"
        return _call(f"{node.op}{index}", node.inputs)


class _SymbolPrinter(Printer):
    """Looks the op up in the table of symbols."""

    def parts(self, variable: Any, precedence: float) -> Iterable[Part]:
        found = printer_of_op(variable)
        if found is None:
            return _DEFAULT.parts(variable, precedence)
        kind, *arguments = found
        printer: Printer = _KINDS[kind](*arguments)
        return printer.parts(variable, precedence)


_KINDS: dict[str, Any] = {
    "operator": OperatorPrinter,
    "function": FunctionPrinter,
    "pattern": PatternPrinter,
    "ignore": IgnorePrinter,
}
_DEFAULT = DefaultPrinter()


def _node(variable: Any, what: str) -> Any:
    node = getattr(variable, "owner", None)
    if node is None:
        raise TypeError(f"{what} stands for the result of an operation, but {variable} is not one")
    return node


def _call(name: str, arguments: list[Any]) -> list[Part]:
    body: list[Part] = [f"{name}("]
    for i, item in enumerate(arguments):
        if i:
            body.append(", ")
        body.append((item, INSIDE_CALL))
    return [*body, ")"]


def _variables_of(obj: Any) -> list[Any]:
    """Outputs of a function or graph, else the variable itself."""
    maker = getattr(obj, "maker", None)
    if maker is not None and hasattr(maker, "fgraph"):
        return list(maker.fgraph.outputs)
    if not hasattr(obj, "owner") and hasattr(obj, "outputs"):
        return list(obj.outputs)
    return [obj]


class PPrinter:
    """Prints variables by rules; the rule assigned last is tried first."""

    def __init__(self) -> None:
        self.printers: list[tuple[Callable[[Any, Any], Any], Any]] = []
        self.printers_dict: dict[Any, Any] = {}

    def assign(self, condition: Any, printer: Any) -> None:
        """Use a printer for an op, or for variables of which ``condition(state, variable)`` is true.

        Parameters
        ----------
        condition : Op or callable
            An op (or a hashable equal to it), or a test.
        printer : object with ``process(variable, state)``, or callable of the same arguments
            Makes the text.
        """
        is_op = hasattr(condition, "make_node") or hasattr(condition, "perform")
        if callable(condition) and not is_op:
            self.printers.insert(0, (condition, printer))
        else:
            self.printers_dict[condition] = printer

    def clone(self) -> PPrinter:
        """Return an independent copy."""
        copy = PPrinter()
        copy.printers = list(self.printers)
        copy.printers_dict = dict(self.printers_dict)
        return copy

    def clone_assign(self, condition: Any, printer: Any) -> PPrinter:
        """Return a copy with one more rule."""
        copy = self.clone()
        copy.assign(condition, printer)
        return copy

    def process(self, r: Any, pstate: Any = None) -> str:
        """Return the text of one variable."""
        return self._assemble([(r, getattr(pstate, "precedence", LOWEST))], pstate)

    def _assemble(self, parts: Iterable[Part], state: Any = None) -> str:
        text: list[str] = []
        stack = list(parts)[::-1]
        while stack:
            part = stack.pop()
            if isinstance(part, str):
                text.append(part)
                continue
            variable, precedence = part
            printer = self._printer_for(variable, state)
            if isinstance(printer, Printer) and type(printer).process is Printer.process:
                stack.extend(list(printer.parts(variable, precedence))[::-1])
            else:
                told = PrinterState(state, pprinter=self, precedence=precedence)
                text.append(getattr(printer, "process", printer)(variable, told))
        return "".join(text)

    def _printer_for(self, variable: Any, state: Any) -> Any:
        node = getattr(variable, "owner", None)
        if node is not None and self.printers_dict and node.op in self.printers_dict:
            return self.printers_dict[node.op]
        for condition, printer in self.printers:
            if condition(state, variable):
                return printer
        return _DEFAULT

    def process_graph(
        self, inputs: Any, outputs: Any, updates: dict[Any, Any] | None = None, display_inputs: bool = False
    ) -> str:
        """Return the text of a graph, one line for each result that is used more than once and for each output."""
        inputs = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
        outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
        new_values = dict(updates or {})
        names: dict[Any, str] = {}
        lines = [f"inputs: {', '.join(map(str, inputs))}"] if display_inputs else []
        blockers = set(inputs)
        printer = self.clone_assign(lambda state, r: r in names, lambda r, state: names[r])
        for variable in _shared_results([*outputs, *new_values.values()], blockers):
            text = printer.process(variable)
            names[variable] = variable.name or f"v{len(names) + 1}"
            lines.append(f"{names[variable]} = {text}")
        lines.extend(f"{variable} <- {printer.process(value)}" for variable, value in new_values.items())
        lines.append(f"return {', '.join(map(printer.process, outputs))}")
        return "\n".join(lines)

    def __call__(self, *args: Any) -> str:
        if len(args) == 1:
            return ", ".join(map(self.process, _variables_of(args[0])))
        if 2 <= len(args) <= 4:
            return self.process_graph(*args)
        raise TypeError("give a variable, or lists of inputs and outputs")


def _shared_results(outputs: list[Any], blockers: set[Any]) -> list[Any]:
    """Computed variables that are used several times, inputs first."""
    uses: dict[Any, int] = {}
    order: list[Any] = []
    stack = [(variable, False) for variable in reversed(outputs)]
    while stack:
        variable, finished = stack.pop()
        if finished:
            order.append(variable)
            continue
        uses[variable] = uses.get(variable, 0) + 1
        node = getattr(variable, "owner", None)
        if uses[variable] > 1 or node is None or variable in blockers:
            continue
        stack.append((variable, True))
        stack.extend((item, False) for item in reversed(node.inputs))
    return [variable for variable in order if uses[variable] > 1]


pprint = PPrinter()
pprint.assign(lambda state, r: True, _DEFAULT)
pprint.assign(lambda state, r: getattr(r, "owner", None) is None, LeafPrinter())
pprint.assign(lambda state, r: getattr(r, "owner", None) is not None, _SymbolPrinter())
pp = pprint
