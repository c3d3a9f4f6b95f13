"""Write a table of synapses from elsewhere with the columns of the project's own."""

from neuropil.analysis.tables import read_synapses
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.sizes import given_schema
from neuropil.storage import write_table

start_log(snakemake)
synapses = read_synapses(snakemake.params.given)
schema, made = given_schema(list(synapses)), snakemake.output.synapses
write_table(made, synapses, schema, describe_job(snakemake))
