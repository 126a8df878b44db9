/* add: y = x_0 + x_1 + .. in this order, then max(y, 0) with RELU. Backward: dx_i = g, with g = dy, and with
 * RELU g = dy where y > 0, else 0.
 *
 * Macros: VEC, a divisor of the channels C; INPUTS, 2 to 8; RELU. P = pixels of all images. */

#define TERM(i) __global const float *x##i /* (P,C) */,
#define SUM(i)  sum = (i) ? sum + LOADV(x##i, at) : LOADV(x##i, at);

/* Launch: global (C / VEC, P). y may be x0, and inputs may be the same. */
__kernel void add_fwd(EACH(INPUTS, TERM) __global float *y /* (P,C) */, const int put /* of y: PUT_... */)
{
    const int at = (int)get_global_id(1) * (int)get_global_size(0) + (int)get_global_id(0);
    floatV sum = SPLATV(0.0f);
    EACH(INPUTS, SUM)
#if RELU
    sum = RECTIFIED(sum, SPLATV(0.0f));
#endif
    PUTV(sum, y, at, put);
}

#define GRADIENT(i) __global float *dx##i /* (P,C) */, const int put##i,
#define PUT(i)      PUTV(g, dx##i, at, put##i);

/* Launch: global (C / VEC, P). dx0 may be dy. Inputs may be the same: then each adds to the ones before,
 * which is why one kernel writes all gradients. y is read with RELU only. */
__kernel void add_bwd(EACH(INPUTS, GRADIENT) __global const float *dy /* (P,C) */,
                      __global const float *y /* (P,C) */)
{
    const int at = (int)get_global_id(1) * (int)get_global_size(0) + (int)get_global_id(0);
    const floatV g = THROUGH_RELU(RELU, LOADV(dy, at), LOADV(y, at));
    EACH(INPUTS, PUT)
}
