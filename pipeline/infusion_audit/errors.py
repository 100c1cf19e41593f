"""What can go wrong for a user, and the exit code each kind ends with.

UserError (2)           wrong usage, or input or protocol that cannot be used
├── GateFailed (3)      the data-quality gate failed; nothing was published
└── WorkspaceBusy (5)   another run holds the workspace

Anything else that escapes is a bug and ends with exit code 1.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable
from typing import Any

# What the user's machine, not this program, must mend.
MACHINE = (
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG, errno.EIO),
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EMFILE),
)


class UserError(Exception):
    """A problem that the user can mend: says what, where and what to do next, never a patient's values."""

    exit_code = 2

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @classmethod
    def many(cls, problems: Iterable[str], *, hint: str | None = None) -> UserError:
        """One error that names all problems at once, a line each."""
        return cls("\n".join(problems), hint=hint)

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\n{self.hint}"


class GateFailed(UserError):
    """The batch cannot be trusted, so no report was published; ``manifest`` is the run's manifest."""

    exit_code = 3
    manifest: dict[str, Any] | None = None


class WorkspaceBusy(UserError):
    """Another run holds the workspace."""

    exit_code = 5
