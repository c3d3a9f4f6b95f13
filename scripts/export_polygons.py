"""Write the meshes of a bucket's cells as PLY or OBJ, one file per cell."""

from neuropil.exports.polygons import export_polygons
from neuropil.joblog import start_log

start_log(snakemake)
folder, meshes = snakemake.output.folder, snakemake.input.meshes
export_polygons(folder, meshes, snakemake.wildcards.format)
