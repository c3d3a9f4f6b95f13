"""Make the map of membranes of one chunk by a filter of its grey values."""

from functools import partial

from neuropil.blocks import map_blocks
from neuropil.joblog import start_log
from neuropil.score_files import read_scores
from neuropil.segmentation.membranes import MAP, SheetFilter, predict_membranes
from neuropil.storage import LabelFile
from neuropil.volumes import open_role

start_log(snakemake)
core, block = snakemake.params.boxes
raw = open_role(snakemake.params.dataset, "raw")
sheets = SheetFilter.of(snakemake.params.settings, raw.voxel_size_nm)
levels, path = read_scores(snakemake.input.levels), snakemake.output.membranes
walk = partial(map_blocks, box=core, block_shape=block, threads=snakemake.threads)
with LabelFile(path, core, raw.voxel_size_nm, MAP) as file:
    predict_membranes(raw, sheets, levels, walk, file.write)
