"""Say which nodes of the skeletons of a bucket are myelinated."""

from neuropil.cell_myelin import measure_myelin
from neuropil.joblog import start_log
from neuropil.schemas.shapes import MYELIN
from neuropil.skeletons.store import read_skeletons
from neuropil.storage import write_table
from neuropil.volumes import open_role

start_log(snakemake)
params = snakemake.params
skeletons = read_skeletons([snakemake.input.skeletons])
volume = open_role(params.dataset, "myelin")
myelin = measure_myelin(volume, skeletons, params.block, params.settings)
write_table(snakemake.output.myelin, myelin, MYELIN)
