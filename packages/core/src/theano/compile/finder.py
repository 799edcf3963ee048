"""Looking up the inputs of a function by position, name or variable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.compile.sharedvalue import Container
from theano.errors import explain

__all__ = ["Finder"]

_AMBIGUOUS: Any = object()


class Finder:
    """From position, name or variable of an input to its container."""

    def __init__(self, specs: Sequence[Any], containers: Sequence[Container]) -> None:
        found: dict[Any, Any] = {}
        for i, (spec, container) in enumerate(zip(specs, containers, strict=True)):
            found[i] = container
            found[spec.variable] = container
            if spec.name is not None:
                found[spec.name] = _AMBIGUOUS if spec.name in found else container
        self._found = found
        self._names = sorted(name for name in found if isinstance(name, str))

    def __getitem__(self, item: Any) -> Container:
        container: Container | None = self._found.get(item)
        if container is None:
            raise TypeError(
                explain(
                    f"look up input {item!r}", f"the inputs are named {self._names}", "use a name, position or variable"
                )
            )
        if container is _AMBIGUOUS:
            raise TypeError(
                explain(f"look up input {item!r}", "several inputs have this name", "use its position or variable")
            )
        return container

    def __setitem__(self, item: Any, value: Any) -> None:
        self._set(item, value)

    def _set(self, item: Any, value: Any) -> None:
        container = self[item]
        container.value = value
        container.provided += 1

    def __contains__(self, item: Any) -> bool:
        return self._found.get(item, _AMBIGUOUS) is not _AMBIGUOUS

    def __len__(self) -> int:
        return len(set(map(id, self._found.values())))

    def values(self) -> _Values:
        """The same view on the values instead of the containers."""
        return _Values(self)


class _Values:
    def __init__(self, finder: Finder) -> None:
        self._finder = finder

    def __getitem__(self, item: Any) -> Any:
        return self._finder[item].value

    def __setitem__(self, item: Any, value: Any) -> None:
        self._finder[item] = value

    def __contains__(self, item: Any) -> bool:
        return item in self._finder

    def __len__(self) -> int:
        return len(self._finder)
