/* dropout: y = x scale where a draw is kept, else 0; scale = 1 / (1 - rate). Backward is the same of dy: dx =
 * dy scale where it was kept. x, y and their gradients are (N,P,C), P = pixels of an image.
 *
 * A draw is kept where its upper 24 bits are not below `dropped` = rate 2^24, rounded up: as sw_rng_chance of
 * base/rng.h has it.
 *
 * Macros: VEC (divides C with CHANNELS, else P C), CHANNELS (1: the draw is that of the channel in (N,C); 0:
 * that of the value in (N,P,C)); X16 and Y16 of from and to. */

/* Launch: global (vectors of an image, N); with CHANNELS (C / VEC, N P). to may be from. */
__kernel void dropout_apply(__global const storedX *from /* (N,P,C) */, __global storedY *to /* (N,P,C) */,
                            DRAW_PARAMETERS, uint dropped, float scale, uint pixels /* P */,
                            uint before /* draws, in vectors, of other images */,
                            int accumulate /* not 0: adds to `to` */)
{
    const uint i = get_global_id(1) * get_global_size(0) + get_global_id(0);
#if CHANNELS
    const uint first = get_global_id(1) / pixels * get_global_size(0) + get_global_id(0);
#else
    const uint first = i;
#endif
    const uintV draw = drawV((before + first) * VEC, DRAW) >> 8;
    floatV kept = draw >= (uintV)(dropped) ? LOADX(from, i) * SPLATV(scale) : SPLATV(0.0f);
    if (accumulate) kept += LOADY(to, i);
    STOREY(kept, to, i);
}
