"""What has been read from a hand-in so far: files that matter, names of the rest, notes."""

from __future__ import annotations

from dataclasses import dataclass, field

from grader.core.materials import is_log, is_picture

from .limits import Budget, IntakeLimits
from .messages import Notes

CODE = (".py", ".ipynb")
_ARCHIVES = {".rar": "rar", ".7z": "7z", ".tar": "tar", ".tgz": "gzip", ".tar.gz": "gzip"}


def wanted(path: str) -> bool:
    """Whether a file's bytes matter: code, a report, an archive inside."""
    return path.lower().endswith((*CODE, ".pdf", ".zip"))


def other_archive(path: str) -> str | None:
    """The kind of an archive that cannot be opened, by its name."""
    name = path.lower()
    return next((kind for end, kind in _ARCHIVES.items() if name.endswith(end)), None)


@dataclass
class CollectedFiles:
    """The files of one hand-in; the readers of zips and folders fill it."""

    limits: IntakeLimits
    budget: Budget
    notes: Notes = field(default_factory=Notes)
    files: dict[str, bytes] = field(default_factory=dict)  # code and PDFs
    archives: list[tuple[str, bytes]] = field(default_factory=list)  # inside, not yet opened
    materials: dict[str, bytes] = field(default_factory=dict)  # logs and pictures
    others: list[str] = field(default_factory=list)  # not read
    reasons: list[str] = field(
        default_factory=list
    )  # keys of REFUSED, for the case that no file is left

    @classmethod
    def within(cls, limits: IntakeLimits) -> CollectedFiles:
        """An empty collection, bounded by `limits`."""
        return cls(limits, Budget(limits))

    def take(self, path: str, content: bytes) -> None:
        """Keep a file of which the content matters."""
        if path.lower().endswith(".zip"):
            self.archives.append((path, content))
        else:
            self.files[path] = content

    def material_cap(self, path: str) -> int:
        """The most bytes that are read of a log or picture; 0 for other files, or after enough.

        They have a budget of their own, so that none of it is taken from the code.
        """
        limits = self.limits
        if len(self.materials) >= limits.materials:
            return 0
        most = limits.log_bytes if is_log(path) else limits.picture_bytes if is_picture(path) else 0
        return min(most, limits.material_bytes - sum(map(len, self.materials.values())))

    def leave_out(self, kind: str, path: str) -> None:
        """Note a file that is not read although it would matter."""
        self.notes.add(kind, path)
        self.reasons.append(kind)

    def oversize_kind(self, path: str) -> str:
        """The kind of notice for a file that exceeds its cap."""
        if path.lower().endswith(CODE):
            return "source_too_large"
        return "report_too_large" if path.lower().endswith(".pdf") else "bomb"

    def pass_by(self, path: str) -> None:
        """Record the name of a file whose content does not matter."""
        self.others.append(path)
        if kind := other_archive(path):
            self.notes.add("inner_archive", path)
            self.reasons.append(kind)
