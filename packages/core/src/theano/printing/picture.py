"""`pydotprint`: a graph as a picture, drawn by Graphviz.

The description of the picture is plain text in the language DOT; the program ``dot`` makes an image of it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from theano.configuration import config
from theano.errors import explain

__all__ = ["default_colorCodes", "graph_as_dot", "pydot_imported", "pydotprint"]

default_colorCodes = {
    "GpuFromHost": "red",
    "HostFromGpu": "red",
    "Scan": "yellow",
    "Shape": "brown",
    "IfElse": "magenta",
    "Elemwise": "#FFAABB",
    "Subtensor": "#FFAAFF",
    "Alloc": "#FFAA22",
    "Output": "lightblue",
}

pydot_imported = shutil.which("dot") is not None


@dataclass
class _Graph:
    """What is drawn: nodes in order, inputs and outputs, and which inputs are updated."""

    nodes: list[Any]
    inputs: list[Any]
    outputs: list[Any]
    updated: frozenset[Any] = frozenset()


@dataclass
class _Style:
    """How it is drawn."""

    compact: bool = True
    with_ids: bool = False
    high_contrast: bool = True
    cond_highlight: bool | None = None
    colors: dict[str, str] = field(default_factory=lambda: default_colorCodes)
    max_label_size: int = 70
    var_with_name_simple: bool = False


def _graph_of(obj: Any) -> _Graph:
    maker = getattr(obj, "maker", None)
    fgraph = getattr(maker, "fgraph", None) or (obj if hasattr(obj, "toposort") else None)
    if fgraph is not None:
        mapping = getattr(fgraph, "update_mapping", None) or {}
        updated = frozenset(fgraph.inputs[i] for i in mapping.values())
        return _Graph(list(fgraph.toposort()), list(fgraph.inputs), list(fgraph.outputs), updated)
    if hasattr(obj, "op") and hasattr(obj, "outputs"):
        outputs = list(obj.outputs)
    else:
        outputs = list(obj) if isinstance(obj, (list, tuple, set)) else [obj]
    # lazy: text needs only the classic attributes of graphs, walking over them needs theano.graph
    from theano.graph.traversal import graph_inputs, toposort

    return _Graph(list(toposort(outputs)), list(graph_inputs(outputs)), outputs)


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


class _Drawing:
    """Makes the lines of one picture."""

    def __init__(self, graph: _Graph, style: _Style) -> None:
        self.graph = graph
        self.style = style
        self.ids: dict[Any, str] = {}
        self.used = {variable for node in graph.nodes for variable in node.inputs} | set(graph.outputs)

    def _short(self, text: str) -> str:
        limit = self.style.max_label_size
        return text if len(text) <= limit else text[: limit - 3] + "..."

    def _id(self, thing: Any) -> str:
        return self.ids.setdefault(thing, f"n{len(self.ids)}")

    def _shape(self, thing: Any, label: str, shape: str, color: str | None) -> str:
        paint = ""
        if color:
            paint = f", {'style=filled, fillcolor' if self.style.high_contrast else 'color'}={_quote(color)}"
        return f"  {self._id(thing)} [label={_quote(self._short(label))}, shape={shape}{paint}];"

    def _variable_label(self, variable: Any) -> str:
        if variable.name is None:
            return str(variable) if hasattr(variable, "data") else str(variable.type)
        return str(variable.name) if self.style.var_with_name_simple else f"name={variable.name} {variable.type}"

    def _is_hidden(self, variable: Any) -> bool:
        """Whether a variable is drawn as an edge only."""
        if not self.style.compact or variable.owner is None or variable not in self.used:
            return False
        return variable.name is None and variable not in self.graph.outputs

    def _color_of(self, variable: Any) -> str | None:
        shared = hasattr(variable, "get_value") or variable in self.graph.updated
        if shared:
            return "cyan"
        if variable.owner is None:
            return None if hasattr(variable, "data") else "green"
        if variable in self.graph.outputs:
            return "blue" if not self.style.high_contrast else "dodgerblue"
        return None if variable in self.used else "grey"

    def _variable_lines(self, variable: Any) -> Iterator[str]:
        if variable not in self.ids:
            yield self._shape(variable, self._variable_label(variable), "box", self._color_of(variable))

    def _node_color(self, node: Any) -> str | None:
        name = type(node.op).__name__
        if self.style.cond_highlight and name == "IfElse":
            return "magenta"
        return next((color for part, color in self.style.colors.items() if part in name), None)

    def _node_lines(self, position: int, node: Any) -> Iterator[str]:
        label = f"{node.op} id={position}" if self.style.with_ids else str(node.op)
        yield self._shape(node, label, "ellipse", self._node_color(node))
        destroyed = _positions(node.op, "destroy_map")
        viewed = _positions(node.op, "view_map")
        for i, variable in enumerate(node.inputs):
            source = variable.owner if self._is_hidden(variable) else variable
            if source is variable:
                yield from self._variable_lines(variable)
            label = f"{i} {variable.type}" if len(node.inputs) > 1 else str(variable.type)
            color = ", color=red" if i in destroyed else ", color=blue" if i in viewed else ""
            yield f"  {self._id(source)} -> {self._id(node)} [label={_quote(self._short(label))}{color}];"
        for i, variable in enumerate(node.outputs):
            if self._is_hidden(variable):
                continue
            yield from self._variable_lines(variable)
            label = f"{i} {variable.type}" if len(node.outputs) > 1 else str(variable.type)
            yield f"  {self._id(node)} -> {self._id(variable)} [label={_quote(self._short(label))}];"

    def lines(self) -> Iterator[str]:
        """Yield the lines of the description."""
        yield "digraph theano {"
        for variable in self.graph.inputs:
            yield from self._variable_lines(variable)
        for position, node in enumerate(self.graph.nodes):
            yield from self._node_lines(position, node)
        for variable in self.graph.outputs:
            yield from self._variable_lines(variable)
        yield "}"


def _positions(op: Any, attribute: str) -> set[int]:
    return {i for inputs in (getattr(op, attribute, None) or {}).values() for i in inputs}


def graph_as_dot(fct: Any, **style: Any) -> str:
    """Return the description of a graph in the language DOT.

    Parameters
    ----------
    fct : Function, FunctionGraph, Variable, Apply, or list of variables
        What to draw.
    **style
        ``compact``, ``with_ids``, ``high_contrast``, ``cond_highlight``, ``colors``, ``max_label_size``,
        ``var_with_name_simple``, as for `pydotprint`.
    """
    return "\n".join(_Drawing(_graph_of(fct), _Style(**style)).lines()) + "\n"


def _draw(text: str, format: str) -> bytes:
    if format == "dot":
        return text.encode()
    program = shutil.which("dot")
    if program is None:
        raise RuntimeError(
            explain(
                f"pydotprint(format={format!r})",
                "the program dot of Graphviz is not installed",
                'install Graphviz, or pass format="dot" for the description as text',
            )
        )
    done = subprocess.run([program, f"-T{format}"], input=text.encode(), capture_output=True, check=False)
    if done.returncode:
        found = done.stderr.decode(errors="replace").strip()
        raise RuntimeError(explain(f"pydotprint(format={format!r})", found, "use another format, such as png or svg"))
    return done.stdout


def _bodies_of_loops(fct: Any) -> Iterator[Any]:
    for node in _graph_of(fct).nodes:
        if hasattr(node.op, "var_mappings"):
            yield list(node.op.outputs)


def pydotprint(
    fct: Any,
    outfile: str | None = None,
    compact: bool = True,
    format: str = "png",
    with_ids: bool = False,
    high_contrast: bool = True,
    cond_highlight: bool | None = None,
    colorCodes: dict[str, str] | None = None,
    max_label_size: int = 70,
    scan_graphs: bool = False,
    var_with_name_simple: bool = False,
    print_output_file: bool = True,
    return_image: bool = False,
) -> Any:
    """Draw a graph.

    Ellipses are operations, boxes are variables: green inputs, blue outputs, cyan shared variables, grey results that
    nothing uses.  A blue edge is an input of which the result is a view, a red one an input that is overwritten.

    Parameters
    ----------
    fct : Function, FunctionGraph, Variable, Apply, or list of variables
        What to draw.
    outfile : str, optional
        Default ``theano.pydotprint.<device>.<format>`` in ``theano.config.compiledir``.
    compact : bool
        Leave out variables without a name between operations.
    format : str
        A format of Graphviz, such as "png", "svg", "pdf", or "dot" for the description itself.
    with_ids : bool
        Write the position of each operation.
    high_contrast : bool
        Fill with colour, instead of drawing with it.
    cond_highlight : bool, optional
        Highlight lazy conditions.
    colorCodes : dict, optional
        Colour by part of the name of the class of an op.
    max_label_size : int
        Longer labels are cut.
    scan_graphs : bool
        Also draw the body of each loop, in a file of its own (``name_0``, ``name_1``...).
    var_with_name_simple : bool
        Write only the name of variables that have one.
    print_output_file : bool
        Print where the picture is.
    return_image : bool
        Return the picture instead of writing a file: bytes, text for "svg" and "dot".

    Raises
    ------
    RuntimeError
        Graphviz is not installed.
    """
    style = {
        "compact": compact,
        "with_ids": with_ids,
        "high_contrast": high_contrast,
        "cond_highlight": cond_highlight,
        "colors": default_colorCodes if colorCodes is None else colorCodes,
        "max_label_size": max_label_size,
        "var_with_name_simple": var_with_name_simple,
    }
    picture = _draw(graph_as_dot(fct, **style), format)
    if return_image:
        return picture.decode() if format in ("svg", "dot") else picture
    if outfile is None:
        outfile = os.path.join(config.compiledir, f"theano.pydotprint.{config.device}.{format}")
    _write(outfile, picture, print_output_file)
    if scan_graphs:
        stem, extension = os.path.splitext(outfile)
        for i, body in enumerate(_bodies_of_loops(fct)):
            _write(f"{stem}_{i}{extension}", _draw(graph_as_dot(body, **style), format), print_output_file)
    return None


def _write(path: str, picture: bytes, tell: bool) -> None:
    with open(path, "wb") as file:
        file.write(picture)
    if tell:
        print("The output file is available at", path)
