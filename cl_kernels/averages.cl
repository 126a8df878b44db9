/* Moving averages of parameters and running statistics. Vectors of VEC floats of slabs of the same length,
 * gaps included.
 *
 * Macros: VEC, a divisor of 128 (the slabs' lengths are multiples of that). Launch: x = length / VEC. */

/* average = (1 - share) average + share current, in the form in which equal values stay equal. Nothing while
 * *halted is not 0, as in optimizer.cl: there was no update then. */
__kernel void averages_update(__global float *restrict average, __global const float *restrict current,
                              const float share, __global const int *restrict halted) /* (1) */
{
    if (halted[0]) return;
    const int i = (int)get_global_id(0);
    const floatV a = LOADV(average, i);
    STOREV(a + share * (LOADV(current, i) - a), average, i);
}

__kernel void averages_swap(__global float *restrict average, __global float *restrict current)
{
    const int i = (int)get_global_id(0);
    const floatV a = LOADV(average, i);
    STOREV(LOADV(current, i), average, i);
    STOREV(a, current, i);
}
