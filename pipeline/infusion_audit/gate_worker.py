"""Run Great Expectations in a process of its own: a profile comes in as JSON on stdin, the results leave as JSON on stdout.

Importing the library takes seconds, so the process starts with the run, imports beside the load, and waits for the
profile. It imports nothing of this package, touches neither the network nor the user's home, and prints nothing else.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import types
import warnings
from typing import Any, TextIO

# The library imports these for expectations that the gate does not use; they are two fifths of its import time.
_SELDOM_USED = ("altair", "scipy.stats")


class _Deferred(types.ModuleType):
    """Stands for a module until one of its names is asked for, and then makes way for the real one."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if isinstance(sys.modules.get(self.__name__), _Deferred):
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


def main() -> int:
    """Import, wait for the profile, answer."""
    answers = _claim_stdout()
    os.environ["HOME"] = os.devnull  # settings are neither read from the user's home nor written there
    validate = _load_library()
    request = sys.stdin.read()
    if not request.strip():
        return 0  # the run ended before it had a profile; nobody waits for an answer
    json.dump(validate(json.loads(request)), answers)
    answers.flush()
    return 0


def _claim_stdout() -> TextIO:
    """Keep stdout for the answer alone: whatever a library prints goes to stderr."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


def _load_library() -> Any:
    """Import Great Expectations, quietly and without what is not needed, and return the function that validates."""
    warnings.simplefilter("ignore")
    gc.disable()  # a process that lives for seconds needs no collector, and an import makes much that would be looked at in vain
    for name in _SELDOM_USED:
        sys.modules[name] = _Deferred(name)
    gx: Any = importlib.import_module("great_expectations")
    pandas: Any = importlib.import_module("pandas")
    expect: Any = gx.expectations.ExpectColumnValuesToBeBetween
    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(enable=False)
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("gate").add_dataframe_asset("profile")
    definition = asset.add_batch_definition_whole_dataframe("profile")

    def validate(request: dict[str, Any]) -> list[dict[str, Any]]:
        frame = pandas.DataFrame({name: pandas.Series(values, dtype="float64") for name, values in request["columns"].items()})
        suite = gx.ExpectationSuite("gate", expectations=[expect(**expectation) for expectation in request["expectations"]])
        outcome = definition.get_batch({"dataframe": frame}).validate(suite, result_format="BASIC")
        return [_answer(result) for result in outcome.results]

    return validate


def _answer(result: Any) -> dict[str, Any]:
    """The column, whether its values are within the limits, and how many values were really looked at."""
    column = result.expectation_config.kwargs["column"]
    if result.exception_info.get("raised_exception", True):
        raise RuntimeError(f"the expectation on {column} could not be evaluated: {result.exception_info.get('exception_message')}")
    return {
        "column": column,
        "success": bool(result.success),
        "evaluated": result.result["element_count"] - result.result["missing_count"],
    }


if __name__ == "__main__":
    sys.exit(main())
