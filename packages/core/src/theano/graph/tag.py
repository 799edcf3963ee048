"""The free notes that variables and nodes carry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any


class Scratchpad:
    """A namespace for notes about a variable or node: ``v.tag.test_value = ...``."""

    if TYPE_CHECKING:  # any name may be read and written

        def __getattr__(self, name: str) -> Any: ...

        def __setattr__(self, name: str, value: Any) -> None: ...

    def clear(self) -> None:
        """Forget every note."""
        self.__dict__.clear()

    def __update__(self, other: Scratchpad) -> Scratchpad:
        self.__dict__.update(other.__dict__)
        return self

    def info(self) -> None:
        """Print the notes, one a line."""
        for name, value in self.__dict__.items():
            print(f"{name}: {value}")

    def __repr__(self) -> str:
        return f"scratchpad{self.__dict__!r}"

    def __copy__(self) -> Scratchpad:
        twin = type(self)()
        twin.__dict__.update(self.__dict__)
        return twin

    def get(self, name: str, default: Any = None) -> Any:
        """Return the note `name`, or `default`."""
        return self.__dict__.get(name, default)


scratchpad = Scratchpad
