"""Fails when a file has more than 500 lines or a function more than 60 (aims: 300 and 30).

What is too long already stands in ``exemptions.txt``, one ``path`` or ``path::function`` a line. That file may only
get shorter: an exemption that is no longer needed is an error too.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAX_FILE, MAX_FUNCTION = 500, 60


def too_long(path: Path) -> list[tuple[str, int]]:
    """Return ``(name, lines)`` for the file, and for each function in it, that is too long."""
    name = path.relative_to(ROOT).as_posix()
    source = path.read_text(encoding="utf8")
    found = []
    lines = source.count("\n") + 1
    if lines > MAX_FILE:
        found.append((name, lines))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = _code_lines(node)
            if length > MAX_FUNCTION:
                found.append((f"{name}::{node.name}", length))
    return found


def _code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    assert node.end_lineno is not None
    length = node.end_lineno - node.lineno + 1
    if ast.get_docstring(node) is not None:
        text = node.body[0]
        assert text.end_lineno is not None
        length -= text.end_lineno - text.lineno + 1
    return length


def main() -> int:
    """Print what is too long and not exempt, and exemptions that nobody needs; return the number of both."""
    exempt = {
        line.strip() for line in (Path(__file__).parent / "exemptions.txt").read_text().splitlines() if line.strip()
    }
    sources = sorted(p for p in ROOT.glob("packages/*/src/**/*.py") if "build" not in p.relative_to(ROOT).parts)
    found = dict(item for path in sources for item in too_long(path))
    problems = [f"{name}: {lines} lines" for name, lines in found.items() if name not in exempt]
    problems += [f"{name}: exempt, but no longer too long" for name in sorted(exempt - set(found))]
    print("\n".join(problems) or f"{len(sources)} files are of good size")
    return len(problems)


if __name__ == "__main__":
    sys.exit(min(main(), 1))
