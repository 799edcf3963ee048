"""Results as Markdown tables."""

from __future__ import annotations

from benchmarks.measure import REFERENCES, Result


def table(results: list[Result], bandwidth: float = 0.0) -> str:
    """Times with units, our ratio to the best peer, the aim (**bold** where missed), memory speed where it matters.

    The share of the speed of a copy is that of the copy among the contestants, and `bandwidth` where there is none.
    """
    names = list(dict.fromkeys(name for r in results for name in r.seconds))
    names.sort(key=lambda name: (name != "theano", name in REFERENCES))
    memory = bandwidth and any(r.moved for r in results)
    heads = ["case", *names, "ratio", "target", *(["GB/s (of copy)"] if memory else [])]
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for r in results:
        cells = [r.case, *(text(r.seconds[name]) if name in r.seconds else "" for name in names), _ratio(r), _aim(r)]
        lines.append("| " + " | ".join([*cells, *([_speed(r, bandwidth)] if memory else [])]) + " |")
    notes = [f"* {r.case}: {r.note}" for r in results if r.note]
    return "\n".join([*lines, *(["", *notes] if notes else [])])


def summary(results: list[Result]) -> str:
    """The cases that miss their aim, worst first."""
    counted = [r for r in results if r.excess is not None]
    missed = sorted((r for r in counted if r.missed), key=lambda r: -(r.excess or 0))
    lines = [f"{len(counted) - len(missed)} of {len(counted)} cases reach their aim."]
    lines += [f"* {r.case}: {_brief(r)}, aim {_aim(r)}" for r in missed]
    return "\n".join(lines)


def _brief(r: Result) -> str:
    return f"{r.ratio:.2f} ({text(r.seconds['theano'])})" if r.ratio is not None else text(r.seconds["theano"])


def _ratio(r: Result) -> str:
    if r.ratio is None:
        return "fault" if r.note and "theano" not in r.seconds else ""
    return f"**{r.ratio:.2f}**" if r.missed else f"{r.ratio:.2f}"


def _aim(r: Result) -> str:
    ratio = [f"<= {r.bound:g}"] if r.bound is not None else []
    limit = [f"<= {text(r.limit)}"] if r.limit is not None else []
    copy = [f">= {r.of_copy:.0%} of copy"] if r.of_copy is not None else []
    return "; ".join([*ratio, *limit, *copy, *([r.target] if r.target else [])])


def _speed(r: Result, bandwidth: float) -> str:
    if not r.moved or "theano" not in r.seconds:
        return ""
    speed = r.moved / r.seconds["theano"]
    return f"{speed / 1e9:.1f} ({r.copy_share or speed / bandwidth:.0%})"


def text(seconds: float) -> str:
    """Seconds with three figures and a unit.

    >>> text(2.5e-7), text(0.0123)
    ('250 ns', '12.3 ms')
    """
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"
