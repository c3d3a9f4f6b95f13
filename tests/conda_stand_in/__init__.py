"""A stand-in for conda: the few commands that Snakemake calls, and a local channel.

For machines that reach no conda channel. `channel` makes packages with the names and
versions that envs/*.yaml ask for, whose files are links to those that pip installed;
`command` solves and installs them, by py-rattler, as real conda clients do; `probe`
lets each Python of an environment write down what it loaded, and from where.

It proves that the files of environments are valid and can be solved, that Snakemake
makes and uses them, and that each holds all that its rules import, with what pip says
those packages need. It proves nothing about conda-forge: envs/prove.py asks there.
"""
