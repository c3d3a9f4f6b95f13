"""Say what the run found, how good it is, and where everything lies."""

from pathlib import Path

from neuropil.joblog import start_log
from neuropil.summary import summarise_run

start_log(snakemake)
summary = Path(snakemake.output.summary)
summary.write_text(summarise_run(snakemake.input, str(summary.parent)))
