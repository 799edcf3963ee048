"""`debugprint`: a graph as an indented tree, one line for each variable that is met.

Only the classic attributes of variables, nodes and functions are used, so anything that has them can be printed.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from theano.errors import explain
from theano.printing.profile_columns import ProfileColumns

__all__ = ["char_from_number", "debugprint"]

# Beyond this many levels the bars in front of a line are cut, or the text of a long chain would grow with its square.
DEEPEST_PREFIX = 100


def char_from_number(number: int) -> str:
    """Write a number with the digits A to Z.

    >>> [char_from_number(i) for i in (0, 1, 25, 26, 27)]
    ['A', 'B', 'Z', 'BA', 'BB']
    """
    letters = ""
    while True:
        number, digit = divmod(number, 26)
        letters = chr(ord("A") + digit) + letters
        if not number:
            return letters


# The outputs of the body of a loop, and the outer variable of each inner input.
InnerGraph = tuple[list[Any], dict[Any, Any]]


@dataclass
class Source:
    """One variable to print, with what is known about the graph that it is in."""

    variable: Any
    fgraph: Any = None
    order: dict[Any, int] = field(default_factory=dict)
    storage: Any = None
    columns: ProfileColumns | None = None


class Names:
    """Gives each node or input its id, in order of first use."""

    def __init__(self, kind: str, used: dict[Any, str] | None) -> None:
        if kind not in ("CHAR", "int", "id", ""):
            known = "use 'CHAR', 'int', 'id' or ''"
            raise ValueError(explain(f"debugprint(ids={kind!r})", "there is no such kind of ids", known))
        self.kind = kind
        self.used = {} if used is None else used

    def of(self, thing: Any) -> str:
        """Return the id as text."""
        known = self.used.get(thing)
        if known is not None:
            return known
        if thing == "output":
            text = "output"
        elif self.kind == "CHAR":
            text = f"[id {char_from_number(len(self.used))}]"
        elif self.kind == "int":
            text = f"[id {len(self.used)}]"
        else:
            text = f"[id {id(thing)}]" if self.kind == "id" else ""
        self.used[thing] = text
        return text


class Printer:
    """State of one call of `debugprint`."""

    def __init__(self, out: Any, names: Names, options: dict[str, Any], done: Any) -> None:
        self.out = out
        self.names = names
        self.options = options
        self.done = {} if done is None else done
        self.loops: list[tuple[Any, Source, InnerGraph]] = []

    def tree(self, source: Source, prefix: str = "", to_outer: dict[Any, Any] | None = None) -> None:
        """Print the tree below one variable, without recursion."""
        # Each entry: variable, prefix of its line, prefix of its children, levels still allowed, level.
        stack = [(source.variable, prefix, prefix, self.options["depth"], 0)]
        while stack:
            variable, prefix, child_prefix, depth, level = stack.pop()
            if depth == 0:
                continue
            node = getattr(variable, "owner", None)
            if node is None:
                self._leaf(variable, prefix, source, to_outer)
                continue
            seen = node in self.done
            self._computed(variable, prefix, source)
            inner = None if seen else _inner_graph(node)
            if inner is not None:
                self.loops.append((variable, source, inner))
            stop = self.options["stop_on_name"] and variable.name is not None
            if seen or stop:
                continue
            self.done[node] = True
            bar = _shorten(child_prefix, level) + " |"
            last = len(node.inputs) - 1
            for i in range(last, -1, -1):
                below = bar[:-2] + "  " if i == last else bar
                stack.append((node.inputs[i], bar, below, depth - 1, level + 1))

    def _type_text(self, variable: Any) -> str:
        return f" <{variable.type}>" if self.options["print_type"] else ""

    def _clients_text(self, variable: Any, source: Source) -> str:
        if not self.options["print_clients"] or source.fgraph is None:
            return ""
        clients = source.fgraph.clients(variable)
        if len(clients) < 2:
            return ""
        pairs = [f"({self.names.of(node)}, {position})" for node, position in clients]
        return f" clients:[{', '.join(pairs)}]"

    def _leaf(self, variable: Any, prefix: str, source: Source, to_outer: dict[Any, Any] | None) -> None:
        outer = (to_outer or {}).get(variable)
        arrow = ""
        if outer is not None:
            arrow = f" -> {self.names.of(_identified(outer))}"
        clients = self._clients_text(variable, source)
        line = f"{prefix}{variable} {self.names.of(variable)}{self._type_text(variable)}{arrow}{clients}"
        print(line, file=self.out)

    def _computed(self, variable: Any, prefix: str, source: Source) -> None:
        node = variable.owner
        index = "" if len(node.outputs) == 1 else f".{variable.index}"
        name = variable.name or ""
        destroyed = _map_text("d", node.op, "destroy_map") if self.options["print_destroy_map"] else ""
        viewed = _map_text("v", node.op, "view_map") if self.options["print_view_map"] else ""
        position = source.order.get(node, "")
        data = ""
        if source.storage is not None:
            data = f" {source.storage.get(node.outputs[0], '')}"
        line = (
            f"{prefix}{node.op}{index} {self.names.of(node)}{self._type_text(variable)} '{name}' "
            f"{destroyed} {viewed} {position}{data}{self._clients_text(variable, source)}"
        )
        if source.columns is not None:
            line += source.columns.of(node)
        print(line, file=self.out)

    def inner_graphs(self) -> None:
        """Print the bodies of the loops that were met, also of those inside of loops."""
        if not self.loops:
            return
        print("\nInner graphs of the scan ops:", file=self.out)
        for variable, source, (outputs, to_outer) in self.loops:  # grows while it is walked
            print("", file=self.out)
            self.tree(Source(variable, source.fgraph, source.order))
            for output in outputs:
                self.tree(Source(output), " >", to_outer)


def _identified(variable: Any) -> Any:
    """The id of a computed variable is that of its node."""
    node = getattr(variable, "owner", None)
    return variable if node is None else node


def _shorten(prefix: str, level: int) -> str:
    if len(prefix) <= 2 * DEEPEST_PREFIX:
        return prefix
    return f" ...{level}... "


def _map_text(letter: str, op: Any, attribute: str) -> str:
    found = getattr(op, attribute, None)
    return f"{letter}={found}" if found else ""


def _inner_graph(node: Any) -> InnerGraph | None:
    """Return inner outputs, and the outer variable of each inner input, if the node is a loop."""
    op = node.op
    mappings = getattr(op, "var_mappings", None)
    if mappings is None:
        return None
    compiled = vars(op).get("fn") if hasattr(op, "__dict__") else None
    inner = compiled.maker.fgraph if compiled is not None else op
    pairs = mappings["outer_inp_from_inner_inp"].items()
    return list(inner.outputs), {inner.inputs[i]: node.inputs[o] for i, o in pairs if 0 <= o < len(node.inputs)}


def _sources(obj: Any, print_storage: bool) -> Iterator[Any]:
    """Yield a `Source` for each variable of an object, or the object itself if it is printed as it is."""
    if hasattr(obj, "type") and hasattr(obj, "owner"):
        yield Source(obj)
    elif hasattr(obj, "op") and hasattr(obj, "outputs"):
        yield from map(Source, obj.outputs)
    elif hasattr(obj, "maker") and hasattr(obj.maker, "fgraph"):
        fgraph = obj.maker.fgraph
        storage = getattr(getattr(obj, "fn", None), "storage_map", None) if print_storage else None
        columns = ProfileColumns.of_function(obj)
        order = {node: i for i, node in enumerate(fgraph.toposort())}
        yield from (Source(output, fgraph, order, storage, columns) for output in fgraph.outputs)
    elif hasattr(obj, "toposort") and hasattr(obj, "outputs"):
        order = {node: i for i, node in enumerate(obj.toposort())}
        yield from (Source(output, obj, order) for output in obj.outputs)
    elif hasattr(obj, "variable"):
        yield Source(obj.variable)
    elif isinstance(obj, (list, tuple, set, frozenset)):
        for item in obj:
            yield from _sources(item, print_storage)
    elif isinstance(obj, (int, float, complex)) or hasattr(obj, "__array_interface__"):
        yield obj
    else:
        raise TypeError(
            explain(
                f"debugprint({obj!r})",
                f"a {type(obj).__name__} is not part of a graph",
                "give variables, nodes, functions, graphs or lists of these",
            )
        )


def debugprint(
    obj: Any,
    depth: int = -1,
    print_type: bool = False,
    file: Any = None,
    ids: str = "CHAR",
    stop_on_name: bool = False,
    done: dict[Any, Any] | None = None,
    print_storage: bool = False,
    print_clients: bool = False,
    used_ids: dict[Any, str] | None = None,
    *,
    print_destroy_map: bool = False,
    print_view_map: bool = False,
) -> Any:
    """Print a graph as a tree.

    Parameters
    ----------
    obj : Variable, Apply, Function, FunctionGraph, In, Out, number, array, or list, tuple, set of these
        What to print.
    depth : int
        Number of levels; -1 for all.
    print_type : bool
        Print the type of each variable.
    file : file or "str"
        Where to print; "str" returns the text; default standard output.
    ids : {"CHAR", "int", "id", ""}
        How nodes are numbered, so that a node that is met again can be recognised.
    stop_on_name : bool
        Print nothing below a variable that has a name.
    done : dict
        Nodes that are already printed; they get one line without children.
    print_storage : bool
        Print the values that a function keeps.
    print_clients : bool
        Print which nodes read a variable, where there are several.
    used_ids : dict
        Ids that were given before, to print several objects with the same ids.
    print_destroy_map, print_view_map : bool
        Print which inputs the ops overwrite, and which outputs are views.

    Returns
    -------
    file or str
        The file, or the text if ``file="str"``.
    """
    if not isinstance(depth, int):
        raise TypeError(explain(f"debugprint(depth={depth!r})", "it is not an int", "use -1 to print all levels"))
    out: Any = io.StringIO() if file == "str" else (sys.stdout if file is None else file)
    options = {
        "depth": depth,
        "print_type": print_type,
        "stop_on_name": stop_on_name,
        "print_clients": print_clients,
        "print_destroy_map": print_destroy_map,
        "print_view_map": print_view_map,
    }
    printer = Printer(out, Names(ids, used_ids), options, done)
    sources = list(_sources(obj, print_storage))
    columns = next((s.columns for s in sources if isinstance(s, Source) and s.columns is not None), None)
    if columns is not None:
        print(columns.legend(), file=out)
    for source in sources:
        if isinstance(source, Source):
            printer.tree(source)
        else:
            print(source, file=out)
    printer.inner_graphs()
    return out.getvalue() if file == "str" else out
