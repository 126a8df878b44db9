/* add: y = x_0 + x_1 + .. in this order, then max(y, 0) with RELU. Backward: dx_i = g, with g = dy, and with
 * RELU g = dy where y > 0, else 0.
 *
 * Macros: VEC, a divisor of the channels C; INPUTS, 2 to 8; RELU. P = pixels of all images. */

#define TERM(i) __global const storedX *x##i /* (P,C) */,
#define SUM(i)  sum = (i) ? sum + LOADX(x##i, at) : LOADX(x##i, at);

/* Launch: global (C / VEC, P). y may be x0, and inputs may be the same. */
__kernel void add_fwd(EACH(INPUTS, TERM) __global storedY *y /* (P,C) */, const int put /* of y: PUT_... */)
{
    const int at = (int)get_global_id(1) * (int)get_global_size(0) + (int)get_global_id(0);
    floatV sum = SPLATV(0.0f);
    EACH(INPUTS, SUM)
#if RELU
    sum = RECTIFIED(sum, SPLATV(0.0f));
#endif
    PUTY(sum, y, at, put);
}

#define GRADIENT(i) __global storedX *dx##i /* (P,C) */, const int put##i,
#define PUT(i)      PUTX(g, dx##i, at, put##i);

/* Launch: global (C / VEC, P). dx0 may be dy. Inputs may be the same: then each adds to the ones before,
 * which is why one kernel writes all gradients. y is read with RELU only. */
__kernel void add_bwd(EACH(INPUTS, GRADIENT) __global const storedY *dy /* (P,C) */,
                      __global const storedY *y /* (P,C) */)
{
    const int at = (int)get_global_id(1) * (int)get_global_size(0) + (int)get_global_id(0);
    const floatV g = THROUGH_RELU(RELU, LOADY(dy, at), LOADY(y, at));
    EACH(INPUTS, PUT)
}
