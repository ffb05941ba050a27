"""promtool for tests: brought at first use as for people; fails with the remedy where it cannot be."""

import os
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from prometheus_client.metrics import MetricWrapperBase

from hub import metrics
from hub.times import Times

ROOT = Path(__file__).resolve().parents[2]
PROMETHEUS = ROOT / "infra" / "prometheus"
WITHOUT_PROMTOOL = "JUKI_TEST_WITHOUT_PROMTOOL"
needs_promtool = pytest.mark.skipif(
    os.environ.get(WITHOUT_PROMTOOL) == "1", reason=f"{WITHOUT_PROMTOOL}=1 was asked for"
)


def script(file: Path) -> ModuleType:
    """A script of infra/ as a module; nothing there can be imported."""
    spec = spec_from_file_location(f"infra_{file.stem}", file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def promtool(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run it; its output is text."""
    command = [sys.executable, str(PROMETHEUS / "promtool.py"), *arguments]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode != 6, f"{done.stderr}; {WITHOUT_PROMTOOL}=1 goes without"
    return done


def names_of_metrics() -> set[str]:
    """The names of all series that our metrics have, as they are asked for."""
    ends = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
    declared = [metric for metric in vars(metrics).values() if isinstance(metric, MetricWrapperBase | Times)]
    shown = [family for metric in declared for family in (getattr(metric, "describe", None) or metric.collect)()]
    return {family.name + end for family in shown for end in ends[family.type]}
