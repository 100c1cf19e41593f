"""Properties that hold for every rule and every session."""
