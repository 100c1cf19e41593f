"""Compliance reports: pages, charts and the catalogue of a workspace."""
