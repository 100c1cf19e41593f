"""The review of findings: worklist, ledger, dispositions on the report."""
