"""An independent engine in plain Python that judges sessions a second time, slowly and obviously."""
