/* Which pixels of an image are the hardest: those whose nll = -log p_t is at least the k-th largest of the
 * image, k = share of its pixels that count, rounded up, or above `cut`. The k-th largest is found digit by
 * digit: the bits of floats from 0 on are in the order of their values. */

#define ITEMS  64
#define DIGITS 256

/* The number of pixels with each digit, of those that count and begin as `prefix` does. */
static inline void count_digits(__local int *counts, __global const float *nll, int pixels, int shift,
                                uint prefix)
{
    const int me = (int)get_local_id(0);
    for (int i = me; i < DIGITS; i += ITEMS) counts[i] = 0;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int i = me; i < pixels; i += ITEMS) {
        const uint bits = as_uint(nll[i]);
        /* a shift by 32 would be none */
        const bool alike = shift == 24 || bits >> (shift + 8) == prefix >> (shift + 8);
        if (!(nll[i] < 0.0f) && alike) atomic_inc(&counts[bits >> shift & (DIGITS - 1)]);
    }
    barrier(CLK_LOCAL_MEM_FENCE);
}

/* Launch: x = ITEMS, y = images, local ITEMS x 1. */
__kernel void loss_ohem_select(__global float *restrict workspace, const uint nll_at, /* (pixels) */
                               const uint least_at, /* (images): the k-th largest */
                               const int pixels /* of an image */, const float share)
{
    __local int counts[DIGITS];
    __local int rank;
    __local uint prefix;
    const int me = (int)get_local_id(0), image = (int)get_global_id(1);
    __global const float *nll = workspace + nll_at + image * pixels;
    for (int shift = 24; shift >= 0; shift -= 8) {
        count_digits(counts, nll, pixels, shift, shift == 24 ? 0 : prefix);
        if (me == 0) {
            if (shift == 24) {
                int all = 0;
                for (int d = 0; d < DIGITS; d++) all += counts[d];
                rank = max((int)ceil(share * (float)all), 1);
                prefix = 0;
            }
            int d = DIGITS - 1;
            while (d > 0 && rank > counts[d]) rank -= counts[d--];
            prefix |= (uint)d << shift;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    if (me == 0) workspace[least_at + image] = as_float(prefix);
}

/* Launch: x = an image's pixels, y = images. */
__kernel void loss_ohem_map(__global const float *restrict workspace, const uint nll_at, /* (pixels) */
                            const uint least_at,                                         /* (images) */
                            __global const uchar *restrict labels,                       /* (pixels) */
                            __constant float *weights, /* (K), 0 for the ignored class */
                            __global float *restrict kept, const uint map_at, /* (pixels): f */
                            const float cut)
{
    const int image = (int)get_global_id(1), at = image * (int)get_global_size(0) + (int)get_global_id(0);
    const float nll = workspace[nll_at + at];
    /* what is no number is kept, so that it shows */
    const bool hard = !(nll < workspace[least_at + image]) || nll > cut;
    kept[map_at + at] = !(nll < 0.0f) && hard ? weights[labels[at]] : 0.0f;
}
