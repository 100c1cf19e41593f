"""Telling somebody that a run ended: summary.json to a command's standard input, or to a webhook. A failure is told and nothing else."""

from __future__ import annotations

import json
import shlex
import subprocess
import time
from collections.abc import Mapping, Sequence
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

_TIMEOUT_S = 10.0
_COMMAND_TIMEOUT_S = 60.0
_TRIES = 3


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        """A redirect may lead anywhere; it counts as a failure."""


def notify(targets: Sequence[str], summary: Mapping[str, Any], *, timeout_s: float = _TIMEOUT_S, pause_s: float = 1.0) -> list[str]:
    """Tell every target; returns what went wrong, a line each. A target is an http(s) URL or a command line."""
    body = (json.dumps(summary, ensure_ascii=False) + "\n").encode()
    found = [(_post(target, body, timeout_s, pause_s) if _is_url(target) else _call(target, body)) for target in targets]
    return [problem for problem in found if problem]


def _is_url(target: str) -> bool:
    return target.lower().startswith(("http://", "https://"))


def _call(command: str, body: bytes) -> str | None:
    """Run a command without a shell; its output goes where ours goes, to stderr."""
    try:
        words = shlex.split(command)
        done = subprocess.run(words, input=body, timeout=_COMMAND_TIMEOUT_S, stdout=2, check=False)
    except (OSError, ValueError, IndexError) as error:
        return f"notification command cannot be run: {getattr(error, 'strerror', None) or error}"
    except subprocess.TimeoutExpired:
        return f"notification command did not end within {_COMMAND_TIMEOUT_S:.0f} s"
    return f"notification command ended with exit code {done.returncode}" if done.returncode else None


def _post(url: str, body: bytes, timeout_s: float, pause_s: float) -> str | None:
    """POST as JSON, again after a passing failure; the URL is named by its host alone, for the rest may be a secret."""
    problem = ""
    for number in range(_TRIES):
        time.sleep(pause_s * number)
        try:
            request = Request(url, data=body, headers={"Content-Type": "application/json"}, method="POST")
            with build_opener(_NoRedirect).open(request, timeout=timeout_s):
                return None
        except HTTPError as error:
            problem = f"answered {error.code}"
            error.close()
            if error.code < 500 and error.code != 429:
                break
        except (URLError, HTTPException, OSError, ValueError) as error:
            problem = type(error.reason if isinstance(error, URLError) else error).__name__
    return f"webhook at {_host(url)} was not told: {problem}"


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "an unreadable URL"
    except ValueError:
        return "an unreadable URL"
