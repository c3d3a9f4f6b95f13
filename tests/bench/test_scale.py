"""The plan for large datasets: its page says what is calculated, and adds up."""

import pytest

from bench.scale import PAGE, Costs, Machine, plan, with_tables
from neuropil.grid import Box
from neuropil.resources import Extent, asked_mb, expected_mb, read_needs
from repository import ROOT

NODE = Machine(cores=10, memory_gb=100, dollars_per_hour=2.0, slower=3.0)
COSTS = Costs(
    gvoxel_per_core_hour=5.0,
    jobs_per_chunk=4,
    files_per_chunk=7,
    gb_per_gvoxel=0.5,
    start_s=36,
    dag_s=0.001,
    dag_gb=1e-5,
    base_gb=0.1,
    merging={"merge": 0.2, "look": 0.0},
)


def test_the_page_holds_the_present_tables():
    text = PAGE.read_text()
    assert with_tables(text) == text, "run python -m bench.scale"
    assert text.count("<!-- end of ") == 3


def test_a_plan_adds_up():
    p = plan(100.0, 2.0, COSTS, NODE, most_jobs=400)
    assert (p.chunks, p.jobs, p.files, p.gigabytes) == (50, 200, 350, 50.0)
    assert p.core_hours == pytest.approx(100 / 5 * 3 + 200 * 36 / 3600)
    assert p.start_share == pytest.approx(2 / 62)
    assert p.dollars == pytest.approx(62 / 10 * 2)
    assert (p.dag_seconds, p.dag_gb) == pytest.approx((0.2, 0.102))
    assert p.merge_gb == pytest.approx({"merge": 20.0, "look": 0.0})


def test_a_dataset_is_cut_so_that_no_run_meets_its_first_limit():
    p = plan(2400.0, 2.0, COSTS, NODE, most_jobs=4000)
    assert p.limits == pytest.approx({"merge": 500.0, "jobs of one run": 2000.0})
    assert p.first_limit == "merge"
    assert p.regions == 5
    assert plan(2400.0, 2.0, COSTS, NODE, most_jobs=400).first_limit != "merge"


def test_limits_are_where_jobs_ask_for_a_node():
    """What the page says of memory is what the workflow asks for."""
    p = plan(1e3, 1.074, Costs(), Machine())
    rule = p.first_limit
    assert rule == max(p.merge_gb, key=p.merge_gb.get)
    side = round((p.limits[rule] * 1e9) ** (1 / 3))
    box = Box.of((side,) * 3)
    extent = Extent(box, (1024,) * 3, (128,) * 3, (256,) * 3, 64, 8, 512, 2.5e-6)
    need = read_needs(ROOT / "rules/resources.yaml")[rule]
    asked = asked_mb(expected_mb(need, extent)) / 1e3
    assert asked == pytest.approx(Machine().memory_gb, rel=0.05)
