#include "apply/tiling.h"

#include <assert.h>
#include <stdint.h>

static int divide_up(int a, int b)
{
    return (a + b - 1) / b;
}

sw_tiling sw_tiling_make(int length, int window, int overlap, int stride)
{
    assert(length > 0 && window > 0 && stride > 0 && overlap >= 0 && window - overlap >= stride);
    sw_tiling tiling = {.length = length, .window = window, .stride = stride, .count = 1};
    if (length > window) {
        const int strides = divide_up(length - window, stride); /* from the first window to the last */
        const int most = (window - overlap) / stride;           /* from one to the next */
        tiling.count = 1 + divide_up(strides, most);
    }
    return tiling;
}

/* Spread evenly, so that neighbours have about the same in common everywhere. */
static int begin_of(const sw_tiling *tiling, int i)
{
    if (i == 0) return 0;
    const int strides = divide_up(tiling->length - tiling->window, tiling->stride);
    return (int)((int64_t)strides * i / (tiling->count - 1)) * tiling->stride;
}

sw_tile sw_tiling_at(const sw_tiling *tiling, int i)
{
    assert(i >= 0 && i < tiling->count);
    const int at = begin_of(tiling, i);
    sw_tile tile = {.at = at, .from = 0, .to = tiling->length};
    if (i > 0) tile.from = (begin_of(tiling, i - 1) + tiling->window + at) / 2;
    if (i + 1 < tiling->count) tile.to = (at + tiling->window + begin_of(tiling, i + 1)) / 2;
    return tile;
}
