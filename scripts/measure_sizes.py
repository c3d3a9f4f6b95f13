"""Measure sizes of synapses, and pairs of cells with several."""

from neuropil.analysis.sizes import measure_table, write_statistics
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.sizes import SIZE_STATISTICS
from neuropil.storage import read_table, write_table

start_log(snakemake)
asked, made = snakemake.params, snakemake.output
synapses = read_table(snakemake.input.synapses)
statistics = measure_table(synapses, asked.given, asked.thresholds, asked.sizes)
write_table(made.table, statistics, SIZE_STATISTICS, describe_job(snakemake))
write_statistics(made.json, statistics)
