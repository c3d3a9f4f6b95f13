"""Costs of a run: made folders of benchmarks, checked by hand; the paper's own sum."""

import numpy as np
import pandas as pd
import pytest
import yaml

from neuropil.costs.benchmarks import read_benchmarks
from neuropil.costs.jobs import read_jobs
from neuropil.costs.prices import ALL, PAPER, cost_steps, describe_costs, price_jobs
from neuropil.costs.report import write_report
from neuropil.costs.requests import advise, compare_requests, describe_requests
from neuropil.figures.costs import add_paper, draw_costs
from neuropil.grid import Box
from neuropil.resources import COEFFICIENTS, SNAKEMAKE_MB, Extent
from neuropil.schemas.costs import COSTS, REQUESTS
from neuropil.storage import as_table
from repository import ROOT

HEAD = "s\th:m:s\tmax_rss\tmax_vms\tcpu_time\n"
PRICES = yaml.safe_load((ROOT / "config/config.yaml").read_text())["costs"]
SHAPES = ((10, 100, 60), (10, 50, 50), (10, 50, 50))
EXTENT = Extent(Box.of((10, 100, 100)), *SHAPES, 2, 2, 64, 2.5e-6)


def entry(**values):
    return dict.fromkeys(COEFFICIENTS, 0) | values


NEEDS = {
    "extract_a": entry(step="a", per="chunk", mb=200, mb_per_mvx=10_000, s=1),
    "merge_a": entry(step="a", per="dataset", mb=1000, s=600),
    "predict_b": entry(step="b", per="one", mb=2000, s=60, gpu=1),
    "plot_c": entry(step="figures", per="one", mb=200, s=5),
}


def leave(results, job, seconds, peak, log=""):
    """Leave the benchmark and log of a job."""
    files = {"benchmarks": f"{HEAD}{seconds}\t0\t{peak}\t1\t{seconds}\n", "logs": log}
    for folder, text in files.items():
        suffix = ".tsv" if folder == "benchmarks" else ".log"
        path = results / folder / f"{job}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def results(tmp_path):
    """A run of two chunks, of 60,000 and 40,000 voxels, and three other jobs."""

    def used(threads, mb, *asked):
        text = "used {} threads and {} MB; asked for {} MB, {} minutes, {} GPUs\n"
        return "12:00:00 INFO " + text.format(threads, mb, *asked)

    leave(tmp_path, "extract_a/z000_y000_x000", 359.4, 700, used(2, 800, 1200, 10, 0))
    leave(tmp_path, "extract_a/z000_y000_x001.mi", 179.4, "-", used(1, 300, 950, 10, 0))
    leave(tmp_path, "merge_a", 1799.4, 500)
    leave(tmp_path, "predict_b", 3599.4, 1750, used(4, 1700, 2600, 10, 1))
    leave(tmp_path, "plot_c", 359.4, 100)
    leave(tmp_path, "extract_old", 99, 100)
    leave(tmp_path, "extract_a/z003_y000_x000", 99, 700)  # of an older grid
    return tmp_path


@pytest.fixture
def jobs(results):
    return read_jobs(results / "benchmarks", NEEDS, EXTENT)


def test_jobs_asked_for_what_their_chunk_is_worth_and_used_their_peak(jobs):
    rows = jobs.set_index("job")
    assert len(rows) == 5  # no rule and no chunk that is no more
    jobs = ("extract_a/z000_y000_x000", "extract_a/z000_y000_x001.mi")
    first, second = (rows.loc[job] for job in jobs)
    assert (first["asked_mb"], second["asked_mb"]) == (1200, 950)  # of 800 and 600 MB
    assert (first["threads"], second["threads"]) == (2, 1)
    assert first["used_mb"] == 800 + SNAKEMAKE_MB  # the job's own mark, not the sample
    assert second["used_mb"] == 300 + SNAKEMAKE_MB
    assert rows.loc["merge_a", ["threads", "used_mb"]].tolist() == [1, 750]
    assert rows.loc["predict_b", "used_mb"] == 1750 + SNAKEMAKE_MB
    assert rows.loc["merge_a", "asked_minutes"] == 50


def test_what_a_job_says_that_it_asked_for_counts(results):
    """It may be another attempt, or a profile may ask otherwise than the rule."""
    log = results / "logs/plot_c.log"
    log.write_text("used 1 thread and 90 MB; asked for 7000 MB, 45 minutes, 2 GPUs\n")
    jobs = read_jobs(results / "benchmarks", NEEDS, EXTENT).set_index("job")
    asked = jobs.loc["plot_c", ["asked_mb", "asked_minutes", "gpus"]].tolist()
    assert asked == [7000, 45, 2]
    assert jobs.loc["merge_a", "asked_mb"] == 1400  # by its rule: no log


def test_requests_are_those_of_the_job_nearest_to_its_limit(jobs):
    table = compare_requests(jobs).set_index("rule")
    as_table(table.reset_index(), REQUESTS)
    row = table.loc["extract_a"]
    assert row["job_count"] == 2
    assert (row["asked_mb"], row["used_mb"]) == (1200, 1050)
    assert row["used_share"] == 1050 / 1200
    assert row["median_used_mb"] == (1050 + 550) / 2
    assert (row["asked_minutes"], row["used_minutes"]) == (10, 359.4 / 60)


def test_what_is_far_off_is_named_with_the_line_to_type(jobs):
    jobs.loc[jobs["rule"] == "plot_c", "used_mb"] = 900.0  # asked for 500
    jobs.loc[jobs["rule"] == "extract_a", "seconds"] = 480.0  # asked for 600
    requests = compare_requests(jobs)
    lines = set(advise(requests))
    assert "'plot_c:mem_mb=1100*attempt'" in lines
    assert "'extract_a:runtime=20*attempt'" in lines
    assert not [line for line in lines if "merge_a:mem" in line]
    text = describe_requests(requests)
    assert "--set-resources" in text
    assert "    'plot_c:mem_mb=1100*attempt'" in text


def test_nothing_to_say_where_requests_are_right(jobs):
    fair = jobs.assign(used_mb=jobs["asked_mb"] * 0.9, seconds=10.0)
    assert "--set-resources" not in describe_requests(compare_requests(fair))


def test_costs_are_those_of_a_calculation_by_hand(jobs):
    table = cost_steps(jobs, 100_000, PRICES).set_index("step")
    as_table(table.reset_index(), COSTS)
    a, b, whole = table.loc["a"], table.loc["b"], table.loc[ALL]
    # 360 s on 2 threads, 180 s and 1800 s on one, each with 0.6 s to start
    assert a["core_hours"] == pytest.approx(0.2 + 0.05 + 0.5)
    assert a["mvoxel_per_core_hour"] == pytest.approx(0.1 / 0.75)
    usd = 0.75 / 32 * 1.325 * 1e7  # 1e5 voxels are 1e-7 Tvoxel
    assert a["cpu_usd_per_tvoxel"] == pytest.approx(usd)
    assert a["infrastructure_usd_per_tvoxel"] == pytest.approx(
        0.75 / 32 / 24 * 6.232 * 1e7
    )
    assert np.isnan(a["gvoxel_per_gpu_hour"])
    # an hour of one of a node's two GPUs
    assert (b["core_hours"], b["gpu_hours"]) == (0, pytest.approx(1))
    assert b["gpu_usd_per_tvoxel"] == pytest.approx(3.36 / 2 * 1e7)
    assert b["gvoxel_per_gpu_hour"] == pytest.approx(1e-4)
    assert np.isnan(b["mvoxel_per_core_hour"])
    assert whole["usd_per_tvoxel"] == pytest.approx(
        a["usd_per_tvoxel"] + b["usd_per_tvoxel"]
    )
    assert whole["job_count"] == 4  # without the figure
    assert not table.loc["figures", "is_counted"]


def test_a_job_pays_for_memory_if_it_asks_for_more_of_that(jobs):
    job = jobs[jobs["rule"] == "merge_a"].assign(asked_mb=104_000)  # half a node
    (usd,) = price_jobs(job, PRICES)["cpu_usd"]
    assert usd == pytest.approx(0.5 * 0.5 * 1.325)


def test_the_papers_hours_cost_what_the_paper_says():
    def job(step, hours, gpus, nodes):
        start = PRICES["start_s"]
        row = (step, step, step, hours * 3600 - start, 32 / (gpus or 1), min(gpus, 1))
        columns = ["rule", "step", "job", "seconds", "threads", "gpus"]
        frame = pd.DataFrame([row] * (nodes * max(gpus, 1)), columns=columns)
        return frame.assign(asked_mb=1000)

    hours = pd.concat([job("cpu", 68.56, 0, 24), job("gpu", 8.44, 2, 24)])
    table = cost_steps(hours, 1.812e12, PRICES).set_index("step")
    whole = table.loc[ALL]
    assert whole["cpu_usd_per_tvoxel"] == pytest.approx(1200, abs=10)
    assert whole["gpu_usd_per_tvoxel"] == pytest.approx(380, abs=10)
    assert whole["infrastructure_usd_per_tvoxel"] == pytest.approx(260, abs=10)
    assert whole["usd_per_tvoxel"] == pytest.approx(PAPER["usd_per_tvoxel"], abs=10)
    assert whole["mvoxel_per_core_hour"] == pytest.approx(34, abs=0.5)
    assert whole["gvoxel_per_gpu_hour"] == pytest.approx(4.4, abs=0.1)
    assert whole["core_hours"] == pytest.approx(PAPER["core_hours"])
    assert whole["gpu_hours"] == pytest.approx(PAPER["gpu_hours"])


def test_the_page_holds_both_tables(jobs, tmp_path):
    requests, costs = compare_requests(jobs), cost_steps(jobs, 100_000, PRICES)
    write_report(tmp_path / "costs.txt", requests, costs)
    text = (tmp_path / "costs.txt").read_text()
    assert describe_costs(costs) in text
    lines = [line.split() for line in text.splitlines()]
    row = ["extract_a", "2", "1,200", "1,050", "800", "88%", "10", "6.0"]
    assert row in lines
    assert "0.75 core hours" in text


def test_a_run_without_benchmarks_has_no_costs(tmp_path):
    jobs = read_jobs(tmp_path / "benchmarks", NEEDS, EXTENT)
    requests, costs = compare_requests(jobs), cost_steps(jobs, 100_000, PRICES)
    as_table(requests, REQUESTS)
    as_table(costs, COSTS)
    assert costs["step"].tolist() == [ALL]
    assert costs["core_hours"].tolist() == [0]
    assert "nan Mvoxel" in describe_costs(costs)
    draw_costs(add_paper(costs))


def panels(jobs):
    costs = add_paper(cost_steps(jobs, 100_000, PRICES))
    as_table(costs, COSTS)
    return costs, draw_costs(costs).axes


def test_bars_of_rates_and_money_with_a_line_of_the_paper(jobs):
    costs, (cores, gpus, money) = panels(jobs)
    assert [a.get_xlabel() for a in (cores, gpus, money)] == [
        "Mvoxel/h per core",
        "Gvoxel/h per GPU",
        "US$ per Tvoxel",
    ]
    widths = [bar.get_width() for bar in money.patches]
    assert widths == pytest.approx(costs["usd_per_tvoxel"].tolist())
    assert widths[-1] == 1840
    for axis, value in ((cores, 34), (gpus, 4.4), (money, 1840)):
        assert axis.lines[0].get_xdata()[0] == value


def test_without_gpus_there_is_no_panel_of_them(jobs):
    _, axes = panels(jobs[jobs["gpus"] == 0])
    assert [a.get_xlabel() for a in axes] == ["Mvoxel/h per core", "US$ per Tvoxel"]


def test_benchmarks_of_jobs_are_told_by_their_path(results):
    table = read_benchmarks(results / "benchmarks").set_index("job")
    row = table.loc["extract_a/z000_y000_x001.mi"]
    assert (row["rule"], row["seconds"], row["peak_mb"]) == ("extract_a", 179.4, 0)
