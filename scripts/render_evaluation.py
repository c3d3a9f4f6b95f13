"""Show the scores against their bars, and the worst cases as images, on one page."""

from neuropil.evaluation.cases import collect_cases
from neuropil.evaluation.page import render_page, write_page
from neuropil.evaluation.summary import read_organelles
from neuropil.joblog import start_log
from neuropil.score_files import read_scores
from neuropil.storage import read_table

start_log(snakemake)
files, params = snakemake.input, snakemake.params
synapses, edges = read_table(files.synapses), read_table(files.edges)
contacts, organelles = read_table(files.contacts), read_organelles(files.organelles)
cases = collect_cases(params.dataset, synapses, organelles, files.truth, files.labels)
tables = {"synapses": synapses, "edges": edges, "contacts": contacts}
page = render_page(params.name, read_scores(files.scores), tables, cases)
write_page(snakemake.output.page, page)
