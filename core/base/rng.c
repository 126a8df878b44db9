#include "base/rng.h"

#include <Random123/philox.h>
#include <assert.h>
#include <math.h>

sw_rng sw_rng_at(uint64_t seed, sw_rng_stream stream, uint64_t index)
{
    return (sw_rng){.seed = seed, .index = index, .stream = (uint32_t)stream, .used = 4};
}

uint32_t sw_rng_u32(sw_rng *rng)
{
    if (rng->used == 4) {
        philox4x32_ctr_t counter = {
            {(uint32_t)rng->index, (uint32_t)(rng->index >> 32), rng->stream, rng->block_number++}};
        philox4x32_key_t key = {{(uint32_t)rng->seed, (uint32_t)(rng->seed >> 32)}};
        philox4x32_ctr_t block = philox4x32(counter, key);
        for (int i = 0; i < 4; i++) rng->block[i] = block.v[i];
        rng->used = 0;
    }
    return rng->block[rng->used++];
}

uint32_t sw_rng_below(sw_rng *rng, uint32_t n)
{
    assert(n > 0);
    /* Lemire's multiply-and-reject: draws again for the few values that would favour small results */
    uint32_t reject_under = (0u - n) % n;
    for (;;) {
        uint64_t product = (uint64_t)sw_rng_u32(rng) * n;
        if ((uint32_t)product >= reject_under) return (uint32_t)(product >> 32);
    }
}

float sw_rng_float(sw_rng *rng)
{
    return (float)(sw_rng_u32(rng) >> 8) * 0x1p-24f;
}

float sw_rng_uniform(sw_rng *rng, float low, float high)
{
    return low + (high - low) * sw_rng_float(rng);
}

float sw_rng_normal(sw_rng *rng)
{
    double u = 1.0 - (double)sw_rng_float(rng); /* (0, 1]: the logarithm stays finite */
    double angle = 6.283185307179586 * (double)sw_rng_float(rng);
    return (float)(sqrt(-2.0 * log(u)) * cos(angle));
}

bool sw_rng_chance(sw_rng *rng, float p)
{
    return sw_rng_float(rng) < p;
}

void sw_rng_shuffle(sw_rng *rng, uint32_t *items, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t j = sw_rng_below(rng, (uint32_t)i);
        uint32_t swapped = items[i - 1];
        items[i - 1] = items[j];
        items[j] = swapped;
    }
}
