/* What happens to the gradients between the backward pass and the update: they are scaled, as the mean of
 * several batches and as torch.nn.utils.clip_grad_norm_ does.
 *
 * Vectors of VEC floats of the contiguous slab; gaps between tensors are zero. Vector r of item i is number
 * i * item_stride + r * round_stride, r < rounds, as far as it is below `vectors`.
 *
 * Macros: VEC, a divisor of 128 (the slab's length is a multiple of that). */

/* Launch: x = vectors. */
__kernel void gradients_scale(__global float *restrict grads, const float factor)
{
    const int i = (int)get_global_id(0);
    STOREV(LOADV(grads, i) * factor, grads, i);
}

/* Launch: x = items. */
__kernel void gradients_squares(__global const float *restrict grads,
                                __global float *restrict partial, /* (items): sums of squares */
                                const int vectors, const int rounds, const int item_stride,
                                const int round_stride)
{
    const int item = (int)get_global_id(0);
    floatV sum = SPLATV(0.0f);
    for (int r = 0; r < rounds; r++) {
        const int vector = item * item_stride + r * round_stride;
        if (vector >= vectors) break;
        const floatV g = LOADV(grads, vector);
        sum += g * g;
    }
    partial[item] = SUMV(sum);
}

/* Launch: x = local size = SUM_ITEMS. Compensated, and always in the same order. */
#define SUM_ITEMS 64
__kernel void gradients_norm(__global const float *restrict partial, /* (items) */
                             const int items, const float limit,
                             __global float *restrict norm) /* (2): the norm, the factor */
{
    __local float sums[SUM_ITEMS];
    const int me = (int)get_local_id(0);
    float sum = 0.0f, lost = 0.0f;
    for (int i = me; i < items; i += SUM_ITEMS) {
        const float missing = partial[i] - lost, next = sum + missing;
        lost = (next - sum) - missing;
        sum = next;
    }
    sums[me] = sum;
    barrier(CLK_LOCAL_MEM_FENCE);
    if (me != 0) return;
    for (int i = 1; i < SUM_ITEMS; i++) {
        const float missing = sums[i] - lost, next = sum + missing;
        lost = (next - sum) - missing;
        sum = next;
    }
    norm[0] = sqrt(sum);
    const float factor = limit / (norm[0] + 1e-6f);
    norm[1] = factor < 1.0f || isnan(factor) ? factor : 1.0f;
}

/* Launch: x = vectors. */
__kernel void gradients_clip(__global float *restrict grads, __global const float *restrict norm) /* (2) */
{
    const int i = (int)get_global_id(0);
    STOREV(LOADV(grads, i) * norm[1], grads, i);
}
