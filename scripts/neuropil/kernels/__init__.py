"""Compiled kernels. Importing this package chooses where numba keeps its code.

numba looks only at the file of a kernel to see whether its cached code is stale, and
fails at import where it can't write. So the cache lies in a folder named after the text
of all kernels, numba's version and the processor; where that can't be written, each
process compiles into a temporary folder. It must be set before numba is imported.
"""

from neuropil.kernel_cache import set_cache_folder

set_cache_folder()
