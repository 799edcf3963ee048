"""What this machine is: processor identity and the code-generation flags that follow from it."""

from __future__ import annotations

import functools
import os

_FIELDS = (
    "vendor_id",
    "cpu family",
    "model",
    "model name",
    "stepping",
    "flags",
    "CPU implementer",
    "CPU part",
    "Features",
)
_SKYLAKE_X = ("GenuineIntel", "6", "85")


@functools.cache
def processor() -> dict[str, str]:
    """The fields of the first processor that decide which machine code runs and runs well.

    >>> sorted(set(processor()) - set(_FIELDS))
    ['machine']
    """
    found = {"machine": os.uname().machine if hasattr(os, "uname") else "unknown"}
    for line in _first_processor():
        name, _, value = line.partition(":")
        if name.strip() in _FIELDS:
            found[name.strip()] = value.strip()
    return found


def _first_processor() -> list[str]:
    """Lines of the first block of /proc/cpuinfo, whose text is made while it is read: the rest costs nothing."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            lines = []
            for line in file:
                if not line.strip():
                    break
                lines.append(line)
            return lines
    except OSError:
        return []


def features() -> frozenset[str]:
    """Names of the instruction-set extensions."""
    found = processor()
    return frozenset((found.get("flags", "") + " " + found.get("Features", "")).split())


def wide_vectors() -> bool:
    """Whether 512-bit vectors pay: AVX-512 VL, BW and DQ, but not Skylake-X, which lowers its clock for them."""
    found = processor()
    family = (found.get("vendor_id"), found.get("cpu family"), found.get("model"))
    return {"avx512f", "avx512vl", "avx512bw", "avx512dq"} <= features() and family != _SKYLAKE_X


def identity() -> str:
    """A text that differs between machines on which the same machine code may not run."""
    return "\n".join(f"{name}={value}" for name, value in sorted(processor().items()))
