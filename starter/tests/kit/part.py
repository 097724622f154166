"""The record that declares what one part of the lab consists of.

Each part declares one, as ``CONTRACT`` in ``parts/<part>/contract.py``. It holds only data, and
only what students may see: reading it imports no probe and no check.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Part:
    """One part of the lab. Methods are written ``Class.method``."""

    id: str  # the name of the part's folders, of its file, and what its checks' ids begin with
    position: int  # the parts are shown in this order
    blanks: tuple[str, ...]  # what the student writes
    given: tuple[str, ...]  # printed in the starter
    distinctive: tuple[str, ...]  # a file that defines one of these belongs to the part
    torch: bool = False  # whether its classes may derive from torch's
    torch_only: bool = False  # whether a file without torch cannot belong to it
    older_files: tuple[str, ...] = ()  # file names of older handouts
    older_names: tuple[tuple[str, str], ...] = ()  # (older spelling, name of the contract)
    optional: bool = False  # a name that is not defined is skipped, not missing
    contracts: tuple[str, ...] = ("",)  # ways to define it; a rubric may choose, else the first
    trains: tuple[str, ...] = ()  # probes that train a model, which takes longer than other calls
    arguments: Mapping[str, object] = field(default_factory=dict, hash=False)
    """Defaults of the command line, for functions that read an ``args`` only ``main()`` binds."""
    example: str = ""  # a name of it, for the sentence to a student whose parts were not found

    @property
    def file(self) -> str:
        """The starter's file name."""
        return f"{self.id}.py"

    @property
    def names(self) -> tuple[str, ...]:
        """Every name of the contract, the student's first."""
        return self.blanks + self.given

    def blank_title(self, name: str) -> str:
        """A blank as the starter's own line names it: of a class, its constructor."""
        is_class = any(other.startswith(f"{name}.") for other in self.names)
        return f"{name}.__init__" if is_class else name

    def canonical(self, name: str) -> str:
        """The contract's spelling of `name`; `name` itself if it is not an older spelling."""
        return dict(self.older_names).get(name, name)
