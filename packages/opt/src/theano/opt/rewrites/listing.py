"""Makes `theano.opt.rewrites.listed` of the files of rules: ``python -m theano.opt.rewrites.listing``.

Run it after a rule was added, removed, or given another name, phase, tag or class to track; a test sees to it.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from theano.opt.rewrites import RULE_FILES

__all__ = ["text_of_list"]

_HEAD = '''"""All rules by file: name, classes of ops and scalar ops that they track, phases, tags, options.

Written by `theano.opt.rewrites.listing`; do not edit. So the files of rules are imported when a graph needs them.
"""

# fmt: off
LISTED = (
'''


def text_of_list() -> str:
    """The text of the module, as the files of rules are now."""
    lines = [_HEAD]
    for file in RULE_FILES:
        entries = import_module(f"theano.opt.rewrites.{file}").rules
        lines.append(f'    ("{file}", (\n')
        for entry in entries:
            names = tuple(dict.fromkeys(_name(track) for track in entry.rewriter.tracks()))
            parts = [f'"{entry.name}"', *map(_tuple, (names, entry.phases, entry.tags)), _options(entry.options)]
            lines.extend(_wrapped(parts))
        lines.append("    )),\n")
    return "".join([*lines, ")\n"])


def _name(track: Any) -> str:
    """The name of a class, or of that of an op."""
    return track if isinstance(track, str) else (track if isinstance(track, type) else type(track)).__name__


def _tuple(names: tuple[str, ...]) -> str:
    inner = ", ".join(f'"{name}"' for name in names)
    return f"({inner},)" if len(names) == 1 else f"({inner})"


def _options(options: dict[str, Any]) -> str:
    return "{" + ", ".join(f'"{name}": {value!r}' for name, value in options.items()) + "}"


def _wrapped(parts: list[str]) -> list[str]:
    """The parts on one line, or with the longest ones broken after commas."""
    words = " ".join(["(" + parts[0] + ",", *[part + "," for part in parts[1:-1]], parts[-1] + "),"]).split(" ")
    lines, line = [], "       "
    for word in words:
        if len(line) + 1 + len(word) > 118:
            lines.append(line + "\n")
            line = "           "
        line += " " + word
    return [*lines, line + "\n"]


if __name__ == "__main__":
    Path(__file__).with_name("listed.py").write_text(text_of_list(), encoding="utf-8")
