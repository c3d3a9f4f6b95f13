"""Measure all features of candidates of synapses that classifiers know."""

from neuropil.classifier.evidence import evidence_schema, gather_evidence
from neuropil.classifier.joined import join_evidence
from neuropil.classifier.measures import Sources
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.storage import write_table

start_log(snakemake)
given, (voxel_size_nm, *settings) = snakemake.input, snakemake.params.settings
sources = Sources.read(dict(given.items()), voxel_size_nm)
own = gather_evidence(sources, *settings)
evidence = join_evidence(own, given.get("joined", []))
schema = evidence_schema(*settings, evidence.columns[len(own.columns) :])
write_table(snakemake.output.evidence, evidence, schema, describe_job(snakemake))
