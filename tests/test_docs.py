"""The documentation says what the program does: every command, option, make target, link and rule."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from infusion_audit.cli import main
from infusion_audit.protocol import load_protocol
from infusion_audit.rulebook import Rulebook
from infusion_audit_schemas.page import page as data_dictionary

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def commands(group: click.Group = main, path: str = "infusion-audit") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def sections(page: Path) -> dict[str, str]:
    """The text under each second-level heading."""
    return {part.splitlines()[0]: part for part in re.split(r"^## ", page.read_text("utf-8"), flags=re.MULTILINE)[1:]}


def shell_lines(page: Path) -> list[str]:
    """Every command line that a page shows, in blocks and in running text."""
    text = page.read_text("utf-8")
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", text, flags=re.MULTILINE | re.DOTALL)
    lines = [line.strip() for block in blocks for line in block.splitlines() if line.strip()]
    return [*lines, *re.findall(r"`((?:infusion-audit|make) [^`]+)`", text)]


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=lambda value: value if isinstance(value, str) else "")
def test_every_command_and_option_is_documented(name: str, command: click.Command):
    text = sections(ROOT / "docs" / "cli.md")[name]
    options = {option for parameter in command.params if isinstance(parameter, click.Option) for option in parameter.opts}
    assert {option for option in options if f"{option}" not in text} == set()


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=lambda value: value if isinstance(value, str) else "")
def test_every_command_and_option_has_help(name: str, command: click.Command):
    assert (command.help or "").splitlines()[0].rstrip().endswith("."), name
    assert [each.name for each in command.params if isinstance(each, click.Option) and not each.help] == []


def test_no_section_describes_a_command_that_does_not_exist():
    assert {title for title in sections(ROOT / "docs" / "cli.md") if title.startswith("infusion-audit")} == {name for name, _ in commands()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_line_shown_is_a_real_one(page: Path):
    known = dict(commands())
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE))
    for line in shell_lines(page):
        words = shlex.split(line.split(">")[0].replace("[", " ").replace("]", " "))
        if words[0] == "make":
            assert {word for word in words[1:] if "=" not in word} <= targets, line
        elif words[0] == "infusion-audit" and words[1].islower() and not words[1].startswith("-"):
            name = next((" ".join(words[:length]) for length in (3, 2) if " ".join(words[:length]) in known), None)
            assert name, line
            options = {option for parameter in known[name].params for option in (*parameter.opts, *parameter.secondary_opts)} | {"--help"}
            assert {word for word in words if word.startswith("--")} <= options, line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if not target.startswith(("https://", "#")):
            assert (page.parent / target.split("#")[0]).exists(), target


def test_decisions_are_numbered_once_and_say_what_follows():
    pages = sorted((ROOT / "docs" / "adr").glob("*.md"))
    numbers = [page.name[:4] for page in pages]
    assert numbers == [f"{number:04}" for number in range(1, len(pages) + 1)]
    for page in pages:
        assert page.read_text("utf-8").startswith(f"# {page.name[:4]} "), page.name
        assert {"Context", "Decision", "Consequences"} <= {title.strip() for title in sections(page)}, page.name


@pytest.mark.parametrize("rule", list(Rulebook.load()), ids=lambda rule: rule.rule_id)
def test_every_rule_has_a_page_of_examples_and_an_entry(rule):
    assert (ROOT / "tests" / "rules" / f"{rule.path.stem}.md").is_file()
    assert rule.rule_id in load_protocol("ketamine-chronic-pain").rules


def test_every_page_of_examples_belongs_to_a_rule():
    assert {page.stem for page in (ROOT / "tests" / "rules").glob("[a-z][a-z][0-9]*.md")} <= {rule.path.stem for rule in Rulebook.load()}


def test_the_data_dictionary_is_what_the_models_say():
    """If not: python -m infusion_audit_schemas.page > docs/data-dictionary.md."""
    assert (ROOT / "docs" / "data-dictionary.md").read_text("utf-8") == data_dictionary()
