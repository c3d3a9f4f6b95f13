"""Label the connected parts of the true cells."""

from neuropil.evaluation.components import LABELS, label_components
from neuropil.joblog import start_log
from neuropil.schemas.evaluation import COMPONENTS
from neuropil.storage import LabelFile, write_table
from neuropil.volumes import open_role

start_log(snakemake)
truth, out = open_role(snakemake.params.dataset, "truth"), snakemake.output
with LabelFile(out.labels, truth.box, truth.voxel_size_nm, LABELS) as file:
    table = label_components(truth, file.write)
write_table(out.components, table, COMPONENTS)
