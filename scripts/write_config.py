"""Save the merged config of a run, with the versions of the software, as YAML."""

from neuropil.joblog import start_log
from neuropil.run_config import write_config

start_log(snakemake)
write_config(snakemake.output.config, snakemake.params.config)
