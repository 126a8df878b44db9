/* What the device can do at best: fused multiply-adds without memory, and a copy without arithmetic.
 * Macros: VEC. */

/* ACCUMULATORS independent chains hide the latency of the fused multiply-add unit; the values stay finite
 * (x -> x * 0.5 + c) so that no denormals or infinities change the speed.
 * Launch: any global size; each work-item does rounds * ACCUMULATORS * VEC * 2 operations.
 * sink: one float a work-item, written so that nothing is optimised away. */
#define ACCUMULATORS 12
__kernel void peak_fma(__global float *restrict sink, const float factor, const int rounds)
{
    const float start = (float)get_global_id(0);
    floatV a[ACCUMULATORS];
    UNROLL(i, ACCUMULATORS) a[i] = SPLATV(start + (float)i);
    const floatV f = SPLATV(factor), c = SPLATV(0.25f);
    for (int round = 0; round < rounds; round++) {
        UNROLL(i, ACCUMULATORS) a[i] = FMA(a[i], f, c);
    }
    floatV sum = a[0];
#pragma unroll
    for (int i = 1; i < ACCUMULATORS; i++) sum += a[i];
    sink[get_global_id(0)] = SUMV(sum);
}

/* Launch: one work-item per run of `run` vectors. from, to: VEC * run floats a work-item. */
__kernel void peak_copy(__global const float *restrict from, __global float *restrict to, const int run)
{
    const size_t first = get_global_id(0) * (size_t)run;
    for (int i = 0; i < run; i++) STOREV(LOADV(from, first + (size_t)i), to, first + (size_t)i);
}
