"""Compare connections and contact areas with the truth."""

from neuropil.evaluation.connectome import compare_contacts, match_edges
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.evaluation import CONTACT_AREAS, EDGE_MATCHES
from neuropil.storage import read_table, write_table

start_log(snakemake)
files, provenance = snakemake.input, describe_job(snakemake)
cells = read_table(files.cells)
edges = match_edges(read_table(files.true_edges), read_table(files.edges), cells)
areas = read_table(files.true_contacts), read_table(files.contacts)
contacts = compare_contacts(*areas, cells)
write_table(snakemake.output.edges, edges, EDGE_MATCHES, provenance)
write_table(snakemake.output.contacts, contacts, CONTACT_AREAS, provenance)
