#include "inspect/pooling.h"

enum { CHANNELS_A_WORD = 16, BITS = 2 };

int sw_pool_place(const uint32_t *offsets, sw_shape pooled, int y, int x, int channel)
{
    const size_t words = ((size_t)pooled.c + CHANNELS_A_WORD - 1) / CHANNELS_A_WORD;
    const size_t at = ((size_t)y * (size_t)pooled.w + (size_t)x) * words + (size_t)channel / CHANNELS_A_WORD;
    return (int)(offsets[at] >> BITS * (channel % CHANNELS_A_WORD) & 3);
}
