/* The weights of pixels by their distance to the border between classes:
 *   f = w_t (1 + w0 exp(-d^2 / (2 sigma^2))), d the distance to the centre of the nearest pixel of another
 * class as long as d <= 3 sigma, else w_t. A pixel that does not count is no pixel of another class, and has
 * f 0.
 *
 * In two passes. Of each place its column tells the nearest pixel that counts, and the nearest one of another
 * class than that: whatever the class of a pixel in the same row, one of the two is the nearest of another
 * class. */

#define NONE 255 /* no class, and no distance */

/* Launch: x = an image's pixels, y = images. */
__kernel void loss_boundary_columns(__global const uchar *restrict labels, /* (pixels) */
                                    __global uchar *restrict workspace,
                                    const uint columns_at, /* (3,pixels): class, its distance, the other's */
                                    const int height, const int width, const int ignored, const int radius)
{
    const int at = (int)get_global_id(0), image = (int)get_global_id(1), y = at / width;
    const int pixels = (int)get_global_size(0), all = pixels * (int)get_global_size(1);
    __global const uchar *here = labels + image * pixels + at;
    int nearest = NONE, distance = NONE, other = NONE;
    for (int d = 0; d <= radius && other == NONE; d++) {
        for (int side = d ? -1 : 1; side <= 1; side += 2) {
            if (y + side * d < 0 || y + side * d >= height) continue;
            const int label = here[side * d * width];
            if (label >= K || label == ignored || label == nearest) continue;
            if (nearest == NONE)
                nearest = label, distance = d;
            else if (other == NONE)
                other = d;
        }
    }
    __global uchar *to = workspace + columns_at + image * pixels + at;
    to[0] = (uchar)nearest;
    to[all] = (uchar)distance;
    to[2 * all] = (uchar)other;
}

/* Launch: x = an image's pixels, y = images. */
__kernel void loss_boundary_map(__global const uchar *restrict labels, /* (pixels) */
                                __global const uchar *restrict workspace,
                                const uint columns_at,     /* (3,pixels) */
                                __constant float *weights, /* (K), 0 for the ignored class */
                                __global float *restrict kept, const uint map_at, /* (pixels): f */
                                const int width, const int ignored, const int radius,
                                const int most,                    /* of d^2 */
                                const float w0, const float slope) /* 1 / (2 sigma^2) */
{
    const int at = (int)get_global_id(0), image = (int)get_global_id(1), x = at % width;
    const int pixels = (int)get_global_size(0), all = pixels * (int)get_global_size(1);
    const int mine = labels[image * pixels + at];
    __global const uchar *here = workspace + columns_at + image * pixels + at;
    int best = most + 1;
    for (int dx = 0; dx <= radius && dx * dx < best; dx++) {
        for (int side = dx ? -1 : 1; side <= 1; side += 2) {
            if (x + side * dx < 0 || x + side * dx >= width) continue;
            __global const uchar *from = here + side * dx;
            const int dy = from[0] == mine ? from[2 * all] : from[all];
            if (dy != NONE) best = min(best, dx * dx + dy * dy);
        }
    }
    const float near = best <= most ? w0 * exp(-(float)best * slope) : 0.0f;
    const bool counts = mine < K && mine != ignored;
    kept[map_at + image * pixels + at] = counts ? weights[mine] * (1.0f + near) : 0.0f;
}
