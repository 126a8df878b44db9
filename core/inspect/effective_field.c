#include "inspect/effective_field.h"

#include <math.h>
#include <stdlib.h>

sw_status sw_effective_field(float *magnitudes, sw_probe *probe, const float *image, int y, int x, int c)
{
    const sw_shape shape = probe->one_image.graph.values[probe->one_image.images].shape;
    const size_t pixels = sw_shape_pixels(shape);
    float *gradient = malloc(pixels * 3 * sizeof *gradient);
    if (!gradient) return sw_fail_alloc("a gradient", pixels * 3 * sizeof *gradient);
    const sw_status status = sw_probe_gradient(probe, gradient, image, y, x, c);
    for (size_t i = 0; i < pixels && status == SW_OK; i++) {
        const float *g = gradient + 3 * i;
        magnitudes[i] = sqrtf(g[0] * g[0] + g[1] * g[1] + g[2] * g[2]);
    }
    free(gradient);
    return status;
}

/* The sum over the square that reaches `reach` px from its middle. */
static double sum_within(const float *magnitudes, sw_size size, int y, int x, int reach)
{
    double sum = 0;
    for (int row = y - reach < 0 ? 0 : y - reach; row <= y + reach && row < size.height; row++)
        for (int column = x - reach < 0 ? 0 : x - reach; column <= x + reach && column < size.width; column++)
            sum += (double)magnitudes[(size_t)row * (size_t)size.width + (size_t)column];
    return sum;
}

int sw_effective_field_side(const float *magnitudes, sw_size size, int y, int x, double share)
{
    const int most = sw_size_longer(size);
    const double all = sum_within(magnitudes, size, y, x, most);
    if (!(all > 0)) return 0;
    int reach = 0;
    while (reach < most && sum_within(magnitudes, size, y, x, reach) < share * all) reach++;
    return 2 * reach + 1;
}
