/* concat: the channels of INPUTS tensors side by side. Of pixel p, with C_i channels in input i,
 *
 *   y[p, C_0 + .. + C_(i-1) + c] = x_i[p, c],   dx_i[p, c] = dy[p, C_0 + .. + C_(i-1) + c]
 *
 * Macros: VEC, a divisor of every C_i; INPUTS, 2 to 8. P = pixels of all images, C = the sum of all C_i. */

/* x<i> and where the next input begins in a pixel of y, in vectors */
#define INPUT(i) __global const storedX *restrict x##i /* (P,C_i) */, const int end##i,

#define LOAD(i)                                                                                              \
    if (v >= begin && v < end##i) value = LOADX(x##i, pixel * (end##i - begin) + v - begin);                 \
    begin = end##i;

/* Launch: global (C / VEC, P). */
__kernel void concat_fwd(EACH(INPUTS, INPUT) __global storedY *restrict y /* (P,C) */,
                         const int put /* of y: PUT_... */)
{
    const int v = (int)get_global_id(0), vectors = (int)get_global_size(0), pixel = (int)get_global_id(1);
    int begin = 0;
    floatV value = SPLATV(0.0f);
    EACH(INPUTS, LOAD)
    PUTY(value, y, pixel * vectors + v, put);
}

/* The gradient of one input. Launch: global (C_i / VEC, P). */
__kernel void concat_bwd(__global const storedY *restrict dy /* (P,C) */,
                         __global storedX *restrict dx /* (P,C_i) */, const int vectors /* C / VEC */,
                         const int begin /* the input's first vector in a pixel of dy */,
                         const int put /* of dx: PUT_... */)
{
    const int v = (int)get_global_id(0), pixel = (int)get_global_id(1);
    const floatV value = LOADY(dy, pixel * vectors + begin + v);
    PUTX(value, dx, pixel * (int)get_global_size(0) + v, put);
}
