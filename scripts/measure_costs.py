"""Compare what jobs asked for with what they used, and work out what the run costs."""

from neuropil.costs.jobs import read_jobs
from neuropil.costs.prices import cost_steps
from neuropil.costs.report import write_report
from neuropil.costs.requests import compare_requests
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.costs import COSTS, REQUESTS
from neuropil.storage import write_table

start_log(snakemake)
params, made = snakemake.params, snakemake.output
jobs = read_jobs(params.folder, params.needs, params.extent)
requests = compare_requests(jobs)
costs = cost_steps(jobs, params.extent.box.size, params.costs)
write_table(made.requests, requests, REQUESTS, describe_job(snakemake))
write_table(made.costs, costs, COSTS, describe_job(snakemake))
write_report(made.text, requests, costs)
