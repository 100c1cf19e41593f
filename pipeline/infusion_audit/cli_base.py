"""What every command shares: options, did-you-mean, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click

from infusion_audit import terminal
from infusion_audit.errors import MACHINE, UserError
from infusion_audit.suggest import did_you_mean


class Group(click.Group):
    """A command group with did-you-mean, and the one place where errors become messages and exit codes."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            raise click.UsageError(f'No command is called "{name}"{did_you_mean(name, self.list_commands(ctx))}', ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        if ctx.parent is not None:  # only the outermost group answers for errors
            return super().invoke(ctx)
        _clean_up_when_stopped()
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, click.ClickException, click.Abort):
            raise  # click's own way out
        except BrokenPipeError:  # the reader, such as head, has seen enough: that is no internal error
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(141)
        except UserError as error:
            terminal.error(str(error))
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            _interrupted(ctx)
        except OSError as error:
            if error.errno not in MACHINE:
                _internal_error(ctx, error)
            terminal.error(f"{error.strerror}{f': {error.filename}' if error.filename else ''}")
            ctx.exit(2)
        except Exception as error:
            from infusion_audit.engine import cause_outside

            cause = cause_outside(error)
            if isinstance(cause, KeyboardInterrupt):
                _interrupted(ctx)
            if not isinstance(cause, UserError):
                _internal_error(ctx, error)
            terminal.error(str(cause))
            ctx.exit(cause.exit_code)


def _clean_up_when_stopped() -> None:
    """A scheduler that stops a run, or a terminal that closes, ends it as Ctrl-C does: unpacked files of patients do not stay behind."""
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):
            stop = getattr(signal, name, None)  # not every system knows both
            if stop is not None and signal.getsignal(stop) is signal.SIG_DFL:
                signal.signal(stop, signal.default_int_handler)


def _interrupted(ctx: click.Context) -> NoReturn:
    terminal.error("interrupted")
    ctx.exit(130)


def _internal_error(ctx: click.Context, error: Exception) -> NoReturn:
    if os.environ.get("INFUSION_AUDIT_DEBUG") == "1":
        raise error
    terminal.error(terminal.bug(error))
    ctx.exit(1)


def option_source(command: Any) -> Any:
    return click.option("--source", default="canonical", show_default=True, metavar="NAME", help="Format of the extract.")(command)


def option_workspace(command: Any) -> Any:
    return click.option(
        "--workspace",
        default="./audit",
        show_default=True,
        metavar="DIR",
        type=click.Path(path_type=Path, file_okay=False),
        help="Persistent home of one site: warehouse, runs, catalogue of reports.",
    )(command)


def option_protocol(command: Any) -> Any:
    return click.option(
        "--protocol",
        default="ketamine-chronic-pain",
        show_default=True,
        metavar="FILE_OR_ID",
        help="Protocol to judge by: a file, or a shipped id.",
    )(command)


def option_protocols(command: Any) -> Any:
    return click.option(
        "--protocol",
        default=["ketamine-chronic-pain"],
        show_default=True,
        multiple=True,
        metavar="FILE_OR_ID",
        help="Protocol to judge by: a file, or a shipped id. Twice: both, side by side.",
    )(command)


def option_period(command: Any) -> Any:
    return click.option(
        "--period",
        default="all",
        show_default=True,
        metavar="P",
        help="Sessions that started in: all, 2026-10, 2026-Q3, 2026, last-month, 2026-10-01..2026-10-15.",
    )(command)


def options_audience(external: str) -> Callable[[Any], Any]:
    """``--audience`` and ``--small-numbers``; ``external`` says what the external audience gets."""
    small = click.option(
        "--small-numbers",
        type=click.Choice(["hide", "round"]),
        default="hide",
        show_default=True,
        help="External: hide counts of 1 to 10, or hide 7 and less and round the rest to 5.",
    )
    audience = click.option(
        "--audience",
        type=click.Choice(["internal", "external"]),
        default="internal",
        show_default=True,
        help=f"External: {external}",
    )
    return lambda command: audience(small(command))


def option_json(command: Any) -> Any:
    return click.option("--json", "as_json", is_flag=True, help="Print the run manifest on stdout, and nothing else there.")(command)


def option_case_sheets(help_text: str, default: int | None = None) -> Any:
    return click.option(
        "--case-sheets", type=click.IntRange(0), default=default, show_default=default is not None, metavar="N", help=help_text
    )


class _Data(click.Path):
    """A path that is there, or the URL of a database, which is never repeated: it may hold a password."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, str) and "://" in value:
            from infusion_audit.database import Database

            return Database.of(value)
        return super().convert(value, param, ctx)


argument_data = click.argument("data", nargs=-1, required=True, type=_Data(exists=True, path_type=Path))
