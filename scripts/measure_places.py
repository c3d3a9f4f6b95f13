"""Find where along their cells' skeletons the organelles of a bucket lie."""

from neuropil.cell_places import measure_places
from neuropil.joblog import start_log
from neuropil.schemas.shapes import PLACES
from neuropil.storage import read_table, write_table

start_log(snakemake)
given, (names, radius) = snakemake.input, snakemake.params.settings
organelles = dict(zip(names, map(read_table, given.organelles)))
places = measure_places(given.skeletons, organelles, radius)
write_table(snakemake.output.places, places, PLACES)
