"""From building the graph to the first result in a fresh process, with empty and with filled kernel caches.

CPU seconds of the process and its children; importing is not counted. ``wall`` is ours, for comparison.
"""

from __future__ import annotations

import statistics
import subprocess
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.fresh import run
from benchmarks.measure import Result, effort
from benchmarks.peers import jax, pytensor
from benchmarks.tables import text

LIMIT = 100.0

MODELS: dict[str, tuple[str, int, bool, bool]] = {
    # name: model, size, PyTensor too, slow
    "logistic step": ("logistic", 0, True, False),
    "MLP 784-500-10 step": ("mlp", 0, False, False),
    "100-node chain": ("chain", 100, True, False),
    "1000-node chain": ("chain", 1000, False, True),
    "50-layer MLP step": ("deep", 50, False, True),
    "200-layer MLP step": ("deep", 200, False, True),
    "10 000-node chain": ("chain", 10_000, False, True),
}
NAMES = {"theano": "theano", "JAX": "jax", "PyTensor": "pytensor"}


def first_results(
    name: str, program: tuple[str, int, bool, bool], bounds: tuple[float, float] = (0.5, 0.7), whole: bool = False
) -> list[Result]:
    """Cold and second process of one model; `whole`: importing counts too."""
    model, size, with_pytensor, slow = program
    wanted = ["theano", *(["JAX"] if jax else []), *(["PyTensor"] if pytensor and with_pytensor else [])]
    cold: dict[str, float] = {}
    warm: dict[str, float] = {}
    notes: dict[str, list[str]] = {"cold": [], "second process": []}
    for contestant in wanted:
        once = slow or effort.quick or contestant == "PyTensor"
        try:
            first, second = _cold_and_warm(contestant, model, size, repeats=1 if once else 2)
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            notes["cold"].append(f"{contestant}: {type(error).__name__}: {' '.join(str(error).split())[-300:]}")
            continue
        counted = "process" if whole else "cpu"
        cold[contestant], warm[contestant] = first[counted], second[counted]
        if contestant == "theano":
            notes["cold"].append(_parts(first))
            notes["second process"].append(_parts(second))
    return [
        Result(f"{name}, cold", cold, bound=bounds[0], note="; ".join(notes["cold"])),
        Result(f"{name}, second process", warm, bound=bounds[1], note="; ".join(notes["second process"])),
    ]


def _parts(run: dict[str, float]) -> str:
    compiler = f"compiler ran, {text(run['children'])} CPU" if run["children"] > 1e-3 else "no compiler run"
    return f"wall {text(run['wall'])}; {compiler}; whole process with imports {text(run['process'])} CPU"


def _cold_and_warm(contestant: str, model: str, size: int, repeats: int) -> tuple[dict[str, float], dict[str, float]]:
    """Medians of `repeats` pairs: a process with an empty cache, then one with what the first left."""
    # Python's own caches: the first process of a contestant, or the first with such a model, may compile bytecode.
    with tempfile.TemporaryDirectory() as folder:
        _one(contestant, model, min(size, 4), Path(folder))
    pairs: list[tuple[dict[str, float], dict[str, float]]] = []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            pairs.append((_one(contestant, model, size, Path(folder)), _one(contestant, model, size, Path(folder))))
    cold, warm = zip(*pairs)
    return _median(cold), _median(warm)


def _one(contestant: str, model: str, size: int, cache: Path) -> dict[str, float]:
    found: Any = run(["-m", "benchmarks.first_result", NAMES[contestant], model, str(size)], cache, LIMIT)
    return found | {"cpu": found["own"] + found["children"]}


def _median(runs: Any) -> dict[str, float]:
    return {key: statistics.median(r[key] for r in runs) for key in runs[0]}


CASES = [partial(first_results, name, model) for name, model in MODELS.items() if not (effort.quick and model[3])]
