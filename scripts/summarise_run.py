"""Say what the run found, how good it is, and where everything lies."""

from pathlib import Path

from neuropil.joblog import start_log
from neuropil.summary import summarise_run
from neuropil.whole_files import replacing

start_log(snakemake)
given, folder = snakemake.input, Path(snakemake.output.summary).parent
with replacing(snakemake.output.summary) as path:
    path.write_text(summarise_run(given, str(folder)))
