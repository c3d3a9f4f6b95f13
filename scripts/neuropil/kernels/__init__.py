"""Compiled kernels. Importing this package chooses where numba keeps their code.

numba looks only at the file of a kernel to see whether its cached code is stale, fails
at import where it can't write, and in a job where a file of its cache is damaged or the
disk is full. So its cache lies where `kernel_cache` says, which must be settled before
numba is imported, and errors of the cache lead to compiling.
"""

from neuropil.kernel_cache import forgiving, set_cache_folder

set_cache_folder()

from numba.core import caching  # noqa: E402

caching.Cache._guard_against_spurious_io_errors = forgiving
