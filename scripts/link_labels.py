"""Match labels that people gave, or the truth, to candidates of synapses."""

from neuropil.evaluation.labels import link_labels
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.labels import LABELS
from neuropil.storage import write_table

start_log(snakemake)
files, params = dict(snakemake.input.items()), snakemake.params
labels = link_labels(files, params.voxel_size_nm, params.settings)
write_table(snakemake.output.labels, labels, LABELS, describe_job(snakemake))
