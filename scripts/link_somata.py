"""Find the supervoxels of somata that are to stay apart."""

from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.membership import SOMATA
from neuropil.soma_places import link_somata
from neuropil.storage import write_table
from neuropil.volumes import open_role

start_log(snakemake)
supervoxels = open_role(snakemake.params.dataset, "supervoxels")
somata = link_somata(snakemake.input.table, supervoxels, *snakemake.params.extent)
write_table(snakemake.output.somata, somata, SOMATA, describe_job(snakemake))
