"""Measure which organelles lie near synapses in both of their cells."""

from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.synapses import SYNAPSE_FEATURES
from neuropil.storage import read_table
from neuropil.synapses.by_cell import Scene
from neuropil.synapses.features import AT, measure_synapses
from neuropil.table_parts import write_parts
from neuropil.whole_files import scratch_beside

start_log(snakemake)
(names, *settings), path = snakemake.params.settings, snakemake.output.features
candidates = read_table(snakemake.input.candidates, AT)
scene = Scene.of(snakemake.input, names)
with scratch_beside(path) as folder:
    features = measure_synapses(candidates, scene, *settings, folder / "ranges")
    write_parts(path, features, SYNAPSE_FEATURES, describe_job(snakemake))
