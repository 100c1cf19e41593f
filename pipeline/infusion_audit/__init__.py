"""Protocol-compliance auditor for intravenous infusion records."""

__version__ = "0.1.0"
