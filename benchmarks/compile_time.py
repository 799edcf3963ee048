"""From building the graph to the first result in a fresh process, with empty and with filled kernel caches.

CPU seconds of the process and its children; importing is not counted. ``wall`` is ours, for comparison.
"""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.fresh import run
from benchmarks.measure import Result, effort, ratios
from benchmarks.peers import jax, pytensor
from benchmarks.tables import text

LIMIT = 200.0

CASE_SECONDS = 20.0
"""No round begins later than that, but for the first three of programs that are not slow."""

_Runs = dict[str, dict[str, list[dict[str, float]]]]

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
    model, size, with_pytensor, _ = program
    wanted = ["theano", *(["JAX"] if jax else []), *(["PyTensor"] if pytensor and with_pytensor else [])]
    found, faults = _in_rounds(wanted, model, size)
    counted = "process" if whole else "cpu"
    results = []
    for which, bound in zip(("cold", "second process"), bounds, strict=True):
        samples = {name: [one[counted] for one in runs[which]] for name, runs in found.items()}
        notes = [*faults] if which == "cold" else []
        if "theano" in found:
            notes.append(_parts(found["theano"][which]))
        seconds = {name: statistics.median(times) for name, times in samples.items()}
        results.append(Result(f"{name}, {which}", seconds, bound=bound, note="; ".join(notes), ratios=ratios(samples)))
    return results


def _parts(runs: list[dict[str, float]]) -> str:
    run = {key: statistics.median(r[key] for r in runs) for key in runs[0]}
    compiler = f"compiler ran, {text(run['children'])} CPU" if run["children"] > 1e-3 else "no compiler run"
    own = f"own {text(run['own'])}" if run["children"] > 1e-3 else ""
    whole = f"whole process with imports {text(run['process'])} CPU; rounds: {len(runs)}"
    return "; ".join(filter(None, [f"wall {text(run['wall'])}", own, compiler, whole]))


def _in_rounds(wanted: list[str], model: str, size: int) -> tuple[_Runs, list[str]]:
    """Of each contestant, runs with an empty cache and with what that left; and who failed, how.

    In each round the contestants take turns, so that a machine that changes its speed is the same for all of them.
    """
    found: _Runs = {name: {"cold": [], "second process": []} for name in wanted}
    faults: list[str] = []
    for name in wanted:
        # Python's own caches: the first process of a contestant, or the first with such a model, may compile bytecode.
        with tempfile.TemporaryDirectory() as folder:
            _tried(faults, found, name, [], (model, min(size, 4), Path(folder)))
    started, rounds, done = time.perf_counter(), 1, 0
    while done < rounds and (done < 3 or time.perf_counter() - started < CASE_SECONDS):
        turns = [name for name in found if done == 0 or name != "PyTensor"]  # far behind: once
        with ExitStack() as stack:
            folders = {name: Path(stack.enter_context(tempfile.TemporaryDirectory())) for name in turns}
            for which in ("cold", "second process"):
                for name in filter(found.__contains__, turns):
                    _tried(faults, found, name, found[name][which], (model, size, folders[name]))
        done += 1
        rounds = _rounds(found)
    return found, faults


def _rounds(found: _Runs) -> int:
    """How many rounds a program is worth: the less it takes, the more a disturbance counts."""
    if effort.quick:
        return 1
    pairs = [sum(kind[0]["cpu"] for kind in runs.values()) for name, runs in found.items() if name != "PyTensor"]
    most = max(pairs, default=0.0)
    return 7 if most < 1 else 3 if most < 5 else 1


def _tried(faults: list[str], found: _Runs, name: str, runs: list[dict[str, float]], program: Any) -> None:
    """Add one run of a contestant; one that fails leaves."""
    try:
        runs.append(_one(name, *program))
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        faults.append(f"{name}: {type(error).__name__}: {' '.join(str(error).split())[-300:]}")
        del found[name]


def _one(contestant: str, model: str, size: int, cache: Path) -> dict[str, float]:
    found: Any = run(["-m", "benchmarks.first_result", NAMES[contestant], model, str(size)], cache, LIMIT)
    return found | {"cpu": found["own"] + found["children"]}


CASES = [partial(first_results, name, model) for name, model in MODELS.items() if not (effort.quick and model[3])]
