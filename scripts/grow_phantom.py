"""Grow the tissue of the phantom, and choose the false objects of its maps."""

from neuropil.joblog import start_log
from neuropil.phantom.assembly import grow_tissue
from neuropil.phantom.files import save_tissue
from neuropil.phantom.render import find_false_objects
from neuropil.schemas.phantom_maps import FALSE_OBJECTS
from neuropil.storage import write_table

start_log(snakemake)
tissue = grow_tissue(snakemake.params.settings, snakemake.params.voxel_size_nm)
save_tissue(dict(snakemake.output.items()), tissue)
false_objects = find_false_objects(tissue)
write_table(snakemake.output.false_objects, false_objects, FALSE_OBJECTS)
