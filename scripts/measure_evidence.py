"""Measure all features of candidates of synapses that classifiers know."""

from neuropil.classifier.evidence import evidence_schema, gather_evidence
from neuropil.classifier.measures import Sources
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.storage import read_table, write_table

start_log(snakemake)
voxel_size_nm, *settings = snakemake.params.settings
sources = Sources(*map(read_table, snakemake.input), voxel_size_nm)
evidence = gather_evidence(sources, *settings)
path, schema = snakemake.output.evidence, evidence_schema(*settings)
write_table(path, evidence, schema, describe_job(snakemake))
