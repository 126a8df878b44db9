/* dropout: y = x scale where a draw is kept, else 0; scale = 1 / (1 - rate). Backward is the same of dy: dx =
 * dy scale where it was kept. x, y and their gradients are (N,P,C), P = pixels of an image.
 *
 * A draw is kept where its upper 24 bits are not below `dropped` = rate 2^24, rounded up: as sw_rng_chance of
 * base/rng.h has it.
 *
 * Macros: VEC (divides C with CHANNELS, else P C), CHANNELS (1: the draw is that of the channel in (N,C); 0:
 * that of the value in (N,P,C)). */

/* Launch: global (vectors of an image, N). to may be from. */
__kernel void dropout(__global const float *from /* (N,P,C) */, __global float *to /* (N,P,C) */,
                      DRAW_PARAMETERS, uint dropped, float scale, uint channel_vectors /* C / VEC */,
                      int accumulate /* not 0: adds to `to` */)
{
    const uint image = get_global_id(1), v = get_global_id(0), i = image * get_global_size(0) + v;
#if CHANNELS
    const uint first = (image * channel_vectors + v % channel_vectors) * VEC;
#else
    const uint first = i * VEC;
#endif
    const uintV draw = drawV(first, DRAW) >> 8;
    floatV kept = draw >= (uintV)(dropped) ? LOADV(from, i) * SPLATV(scale) : SPLATV(0.0f);
    if (accumulate) kept += LOADV(to, i);
    STOREV(kept, to, i);
}
