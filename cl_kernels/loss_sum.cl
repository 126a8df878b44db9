/* The last step of every loss: loss = sum of values / sum of weights, 0 where the weights are all 0. */

/* Launch: x = local size = SUM_ITEMS. Compensated, and always in the same order. */
#define SUM_ITEMS 64
__kernel void loss_sum(__global const float *restrict partial,         /* (items,2): value, weight */
                       const int items, __global float *restrict loss, /* (1) */
                       __global float *restrict inverse) /* (1): 1 / sum of weights, or 0 for 0 */
{
    __local float2 sums[SUM_ITEMS];
    const int me = (int)get_local_id(0);
    float2 sum = (float2)(0.0f), lost = (float2)(0.0f);
    for (int i = me; i < items; i += SUM_ITEMS) add_compensated(&sum, &lost, vload2(i, partial));
    sums[me] = sum - lost;
    barrier(CLK_LOCAL_MEM_FENCE);
    if (me != 0) return;
    for (int i = 1; i < SUM_ITEMS; i++) add_compensated(&sum, &lost, sums[i]);
    loss[0] = sum.y > 0.0f ? sum.x / sum.y : 0.0f;
    inverse[0] = sum.y > 0.0f ? 1.0f / sum.y : 0.0f;
}
