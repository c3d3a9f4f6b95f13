"""Find the contact sites of supervoxels in one chunk."""

from neuropil.contacts.chunks import extract_contacts, write_chunk
from neuropil.contacts.plan import plan_contacts
from neuropil.joblog import start_log
from neuropil.storage import LabelFile
from neuropil.volumes import open_role

start_log(snakemake)
params, output = snakemake.params, snakemake.output
volume = open_role(params.dataset, "supervoxels")
plan = plan_contacts(params.contacts, volume.voxel_size_nm)
streams = (params.boxes, plan, params.block, snakemake.threads)
names = {"labels": "uint32"}
with LabelFile(output.labels, params.boxes[0], volume.voxel_size_nm, names) as labels:
    tables = extract_contacts(volume.read, labels.write, *streams)
write_chunk(output, tables)
