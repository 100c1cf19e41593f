"""``python -m infusion_audit`` is the command ``infusion-audit``."""

from infusion_audit.cli import main

main(prog_name="infusion-audit")
