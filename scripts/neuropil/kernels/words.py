"""What kernels need to work on the bits of 64-bit words."""

from numba import types
from numba.extending import intrinsic


@intrinsic
def trailing_zeros(typingctx, word):
    """Count the zero bits below the lowest one (one machine instruction)."""

    def generate(context, builder, signature, arguments):
        flag = context.get_constant(types.boolean, False)
        return builder.cttz(arguments[0], flag)

    return types.uint64(types.uint64), generate


@intrinsic
def count_ones(typingctx, word):
    """Count the bits that are set (one machine instruction)."""

    def generate(context, builder, signature, arguments):
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate
