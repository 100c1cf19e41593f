"""Tests of infusion-audit."""
