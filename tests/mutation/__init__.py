"""Mutation check: each small fault planted in the SQL must be noticed by the examples, the edges or the reference engine."""
