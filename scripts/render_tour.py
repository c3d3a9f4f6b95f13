"""Lead through the run on one page, with its pictures and numbers."""

from neuropil.evaluation.page import write_page
from neuropil.joblog import start_log
from neuropil.tour.facts import Facts
from neuropil.tour.page import render_tour
from neuropil.tour.steps import list_steps

start_log(snakemake)
params, made = snakemake.params, snakemake.output
facts = Facts(made.page, snakemake.input.files, params.dataset, params.settings)
page = render_tour(params.settings["dataset"], list_steps(facts), facts.folder)
write_page(made.page, page)
