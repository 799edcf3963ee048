"""Run the benchmarks and print one table: ``python -m benchmarks [group ...]``; groups: calls training startup large_graphs."""

from __future__ import annotations

import argparse
import importlib
import platform

from benchmarks.measure import Result, table

GROUPS = ("calls", "training", "startup", "large_graphs")


def main() -> None:
    """Measure the chosen groups."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("groups", nargs="*", choices=[*GROUPS, []], default=[])
    chosen = parser.parse_args().groups or GROUPS
    print(f"{platform.machine()}, Python {platform.python_version()}; medians of interleaved rounds\n")
    for group in chosen:
        results: list[Result] = []
        for case in importlib.import_module(f"benchmarks.{group}").CASES:
            found = case()
            results.extend(found if isinstance(found, list) else [found])
        print(f"## {group}\n\n{table(results)}\n", flush=True)


if __name__ == "__main__":
    main()
