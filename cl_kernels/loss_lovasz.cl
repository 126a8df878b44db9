/* Lovasz-softmax loss (Berman, Rannen Triki, Blaschko: "The Lovasz-Softmax loss", 2018), and its gradient.
 *
 * Of each image and class k, over the image's pixels that count, with p = softmax and t the label: the errors
 * e = 1 - p_k where t = k, else p_k, in descending order, equal ones in the order of their pixels. With T the
 * number of pixels where t = k, and before a pixel a of these and b others: g = 1 / (T + b) where t = k, else
 * (T - a) / ((T + b) (T + b + 1)): by how much the Jaccard loss grows loss = sum of w_k sum of e g / sum of
 * w_k over the images and the classes that are true in them dx_j = p_j (s_j - sum of p_k s_k),  s_k = w_k /
 * (sum of w_k) (t = k ? -g : g)
 *
 * The pixels of an image for one class are a segment; some segments are sorted at a time, by a radix sort of
 * DIGIT bits a pass. A tile is what one work-group takes of a segment: ITEMS work-items with PER neighbouring
 * pixels each.
 *
 * Macros: ITEMS, PER, DIGIT; K, the number of classes; VEC for the backward pass. */

#define TILE   (ITEMS * PER)
#define DIGITS (1 << DIGIT)
#define ONE    0x3f800000u /* the bits of 1.0f; no error has more */
#define LAST   0x3fffffffu /* the key of a pixel that does not count: behind all others */
#define TRUE   0x80000000u /* in the place of a pixel, beside its number: t = k */

/* Launch: x = an image's pixels, y = segments. */
__kernel void loss_lovasz_keys(__global const float *restrict logits, /* (pixels,K) */
                               __global const uchar *restrict labels, /* (pixels) */
                               __global float *restrict workspace,
                               const uint parts_at, /* (2,pixels): top and 1 / sum of the softmax */
                               const uint keys_at, const uint places_at, /* (segments,image's pixels) */
                               const int pixels /* of all images */, const int first /* segment */,
                               const int ignored)
{
    const int at = (int)get_global_id(0), of_image = (int)get_global_size(0), slot = (int)get_global_id(1);
    const int k = (first + slot) % K, pixel = (first + slot) / K * of_image + at, label = labels[pixel];
    __global const float *parts = workspace + parts_at;
    const float p = exp(logits[pixel * K + k] - parts[pixel]) * parts[pixels + pixel];
    float e = label == k ? 1.0f - p : p;
    e = e < 0.0f ? 0.0f : e > 1.0f ? 1.0f : e; /* rounding; a NaN stays */
    const bool counts = label < K && label != ignored;
    const int to = slot * of_image + at;
    ((__global uint *)workspace)[keys_at + to] = counts ? ONE - as_uint(e) : LAST;
    ((__global uint *)workspace)[places_at + to] = (uint)at | (counts && label == k ? TRUE : 0u);
}

/* What an item counts in its part of a tile, into counts[digit][item]. */
static inline void count_tile(__local uint *counts, __global const uint *keys, int begin, int end, int shift)
{
    const int me = (int)get_local_id(0);
    for (int d = 0; d < DIGITS; d++) counts[d * ITEMS + me] = 0;
    for (int i = begin; i < end; i++) counts[(keys[i] >> shift & (DIGITS - 1)) * ITEMS + me]++;
}

/* Launch: x = tiles * ITEMS, y = segments, local ITEMS x 1. */
__kernel void loss_lovasz_count(__global uint *restrict workspace, const uint keys_at, /* (segments,pixels) */
                                const uint counts_at, /* (segments, DIGITS * tiles + 1): digit by digit */
                                const int pixels /* of an image */, const int shift)
{
    __local uint counts[DIGITS * ITEMS];
    const int me = (int)get_local_id(0), tile = (int)get_group_id(0), tiles = (int)get_num_groups(0);
    const int slot = (int)get_global_id(1), begin = min(tile * TILE + me * PER, pixels);
    count_tile(counts, workspace + keys_at + slot * pixels, begin, min(begin + PER, pixels), shift);
    barrier(CLK_LOCAL_MEM_FENCE);
    __global uint *to = workspace + counts_at + slot * (DIGITS * tiles + 1);
    for (int d = me; d < DIGITS; d += ITEMS) {
        uint sum = 0;
        for (int i = 0; i < ITEMS; i++) sum += counts[d * ITEMS + i];
        to[d * tiles + tile] = sum;
    }
}

/* Replaces each count by the sum of those before it; one more holds the sum of all.
 * Launch: x = ITEMS, y = segments, local ITEMS x 1. */
__kernel void loss_lovasz_scan(__global uint *restrict workspace,
                               const uint counts_at, /* (segments,stride) */
                               const int stride, const int count)
{
    __local uint sums[ITEMS];
    const int me = (int)get_local_id(0), each = (count + ITEMS - 1) / ITEMS;
    const int begin = min(me * each, count), end = min(begin + each, count);
    __global uint *counts = workspace + counts_at + (int)get_global_id(1) * stride;
    uint sum = 0;
    for (int i = begin; i < end; i++) sum += counts[i];
    sums[me] = sum;
    barrier(CLK_LOCAL_MEM_FENCE);
    uint before = 0;
    for (int i = 0; i < me; i++) before += sums[i];
    for (int i = begin; i < end; i++) {
        const uint own = counts[i];
        counts[i] = before;
        before += own;
    }
    if (me == ITEMS - 1) counts[count] = before;
}

/* Launch: as loss_lovasz_count. */
__kernel void loss_lovasz_scatter(__global uint *restrict workspace, const uint keys_at,
                                  const uint places_at, /* (segments,pixels), as are those they go to */
                                  const uint to_keys_at, const uint to_places_at,
                                  const uint counts_at, /* (segments, DIGITS * tiles + 1): where each digit of
                                                           each tile begins */
                                  const int pixels /* of an image */, const int shift)
{
    __local uint counts[DIGITS * ITEMS];
    const int me = (int)get_local_id(0), tile = (int)get_group_id(0), tiles = (int)get_num_groups(0);
    const int slot = (int)get_global_id(1), begin = min(tile * TILE + me * PER, pixels);
    const int end = min(begin + PER, pixels);
    __global const uint *keys = workspace + keys_at + slot * pixels,
                        *places = workspace + places_at + slot * pixels;
    __global const uint *starts = workspace + counts_at + slot * (DIGITS * tiles + 1);
    __global uint *to_keys = workspace + to_keys_at + slot * pixels;
    __global uint *to_places = workspace + to_places_at + slot * pixels;
    count_tile(counts, keys, begin, end, shift);
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int d = me; d < DIGITS; d += ITEMS) {
        uint next = starts[d * tiles + tile];
        for (int i = 0; i < ITEMS; i++) {
            const uint own = counts[d * ITEMS + i];
            counts[d * ITEMS + i] = next;
            next += own;
        }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int i = begin; i < end; i++) {
        const uint key = keys[i], to = counts[(key >> shift & (DIGITS - 1)) * ITEMS + me]++;
        to_keys[to] = key;
        to_places[to] = places[i];
    }
}

/* How many pixels of each tile have t = k. Launch: as loss_lovasz_count. */
__kernel void
loss_lovasz_true(__global uint *restrict workspace, const uint places_at, /* (segments,pixels) */
                 const uint counts_at, /* (segments, DIGITS * tiles + 1), of which tiles are used */
                 const int pixels /* of an image */)
{
    __local uint sums[ITEMS];
    const int me = (int)get_local_id(0), tile = (int)get_group_id(0), tiles = (int)get_num_groups(0);
    const int slot = (int)get_global_id(1), begin = min(tile * TILE + me * PER, pixels);
    const int end = min(begin + PER, pixels);
    __global const uint *places = workspace + places_at + slot * pixels;
    uint sum = 0;
    for (int i = begin; i < end; i++) sum += places[i] >> 31;
    sums[me] = sum;
    barrier(CLK_LOCAL_MEM_FENCE);
    if (me != 0) return;
    for (int i = 1; i < ITEMS; i++) sum += sums[i];
    workspace[counts_at + slot * (DIGITS * tiles + 1) + tile] = sum;
}

/* Launch: as loss_lovasz_count. */
__kernel void loss_lovasz_slopes(__global float *restrict workspace, const uint keys_at,
                                 const uint places_at,      /* (segments,pixels), sorted */
                                 const uint counts_at,      /* (segments, DIGITS * tiles + 1): with t = k
                                                               before each tile, and in all */
                                 const uint sums_at,        /* (images * K,tiles): of e g */
                                 const uint trues_at,       /* (images * K): T */
                                 __constant float *weights, /* (K), 0 for the ignored class */
                                 __global float *restrict slopes, /* (pixels,K): w_k times -g or g */
                                 const int pixels /* of an image */, const int first /* segment */)
{
    __local float sums[ITEMS];
    __local uint before[ITEMS];
    const int me = (int)get_local_id(0), tile = (int)get_group_id(0), tiles = (int)get_num_groups(0);
    const int slot = (int)get_global_id(1), begin = min(tile * TILE + me * PER, pixels);
    const int end = min(begin + PER, pixels), k = (first + slot) % K;
    __global const uint *words = (__global const uint *)workspace;
    __global const uint *keys = words + keys_at + slot * pixels, *places = words + places_at + slot * pixels;
    __global const uint *starts = words + counts_at + slot * (DIGITS * tiles + 1);
    __global float *to = slopes + (first + slot) / K * pixels * K + k;
    const uint all = starts[tiles];
    const float weight = all ? weights[k] : 0.0f;
    uint own = 0;
    for (int i = begin; i < end; i++) own += places[i] >> 31;
    before[me] = own;
    barrier(CLK_LOCAL_MEM_FENCE);
    uint hits = starts[tile];
    for (int i = 0; i < me; i++) hits += before[i];
    float sum = 0.0f;
    for (int i = begin; i < end; i++) {
        const uint place = places[i], hit = place >> 31;
        const float with = (float)(all + ((uint)i - hits)); /* T + b */
        const float g = hit ? 1.0f / with : (float)(all - hits) / (with * (with + 1.0f));
        const bool counts = keys[i] != LAST && weight != 0.0f;
        sum += counts ? as_float(ONE - keys[i]) * g : 0.0f;
        to[(int)(place & ~TRUE) * K] = counts ? weight * (hit ? -g : g) : 0.0f;
        hits += hit;
    }
    sums[me] = sum;
    barrier(CLK_LOCAL_MEM_FENCE);
    if (me != 0) return;
    for (int i = 1; i < ITEMS; i++) sum += sums[i];
    workspace[sums_at + (first + slot) * tiles + tile] = sum;
    if (tile == 0) ((__global uint *)workspace)[trues_at + first + slot] = all;
}

/* Launch: x = K, y = images. */
__kernel void loss_lovasz_terms(__global float *restrict workspace, /* (images,K,2): w_k sum of e g, w_k */
                                const uint sums_at,                 /* (images * K,tiles) */
                                const uint trues_at,                /* (images * K): T */
                                __constant float *weights,          /* (K), 0 for the ignored class */
                                const int tiles)
{
    const int k = (int)get_global_id(0), segment = (int)get_global_id(1) * K + k;
    const float weight = ((__global const uint *)workspace)[trues_at + segment] ? weights[k] : 0.0f;
    float2 sum = (float2)(0.0f), lost = (float2)(0.0f);
    for (int t = 0; t < tiles; t++)
        add_compensated(&sum, &lost, (float2)(workspace[sums_at + segment * tiles + t], 0.0f));
    vstore2((float2)(weight == 0.0f ? 0.0f : weight * (sum.x - lost.x), weight), segment, workspace);
}

/* Launch: x = pixels / VEC. */
__kernel void loss_lovasz_bwd(__global const float *restrict logits,  /* (pixels,K) */
                              __global const uchar *restrict labels,  /* (pixels) */
                              __global const float *restrict slopes,  /* (pixels,K) */
                              __global const float *restrict inverse, /* (1): 1 / sum of weights, or 0 */
                              __global float *restrict dlogits,       /* (pixels,K) */
                              const int ignored, const float scale,
                              const int accumulate) /* not 0: adds to dlogits */
{
    const int vector = (int)get_global_id(0);
    const float factor = scale * inverse[0];
    const intV label = LOADV_U8(labels, vector), counts = COUNTSV(label, ignored);
    softmaxV s;
    softmax_of(&s, logits, vector);
    floatV mean = SPLATV(0.0f); /* of s_k, by p_k */
    for (int k = 0; k < K; k++) mean += share_of(&s, k, logits, vector) * LOGITV(slopes, vector, k);
    for (int k = 0; k < K; k++) {
        const floatV dx = factor * share_of(&s, k, logits, vector) * (LOGITV(slopes, vector, k) - mean);
        put_class(select(SPLATV(0.0f), dx, counts), k, dlogits, vector, accumulate);
    }
}
