/* A pool and its unpool through one channel: where each maximum came from, and where it is put back. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "inspect/channels.h"
#include "inspection.h"
#include "ops/ops.h"

enum {
    COLUMNS = 4,
    TILE_PX = 260,
    CROP_PX = 8,
    MARK_RGB = 0xFFD400,
    WINDOW_RGB = 0x8C959F,
    NUMBER_BYTES = 24
};

/* The values before and after the pool and the unpool. */
enum { BEFORE_POOL, POOLED, BEFORE_UNPOOL, UNPOOLED, VALUES };

typedef struct plane {
    sw_size size;
    float *values; /* (height,width) of the channel */
    double most;   /* largest magnitude */
    bool both_signs;
} plane;

typedef struct pooling {
    const sw_node *pool, *unpool;
    int channel;
    sw_shape pooled;
    uint32_t *offsets;
    plane planes[VALUES];
    int top, left; /* of the crop, in px of the pooled planes */
    sw_size crop;  /* of the pooled planes; twice as much of the others */
} pooling;

/* --- what is shown ------------------------------------------------------------------------------- */

static sw_status read_plane(plane *out, inspection *s, int value, int channel)
{
    const sw_shape shape = s->probe.model.graph.values[value].shape;
    void *values;
    out->size = (sw_size){shape.h, shape.w};
    const size_t pixels = sw_size_pixels(out->size);
    sw_status status = inspection_read(&values, s, value);
    if (status == SW_OK) out->values = malloc(pixels * sizeof *out->values);
    if (status == SW_OK && !out->values) status = sw_fail_alloc("a channel", pixels * sizeof *out->values);
    if (status == SW_OK) sw_channel_copy(out->values, values, shape, channel);
    free(values);
    for (size_t i = 0; i < pixels && status == SW_OK; i++) {
        out->most = fmax(out->most, fabs((double)out->values[i]));
        out->both_signs |= out->values[i] < 0.0f;
    }
    return status;
}

/* The channel that is strongest after the pool. */
static sw_status choose_channel(pooling *p, inspection *s)
{
    void *values;
    sw_channel_strength strongest = {0};
    sw_shape shape = p->pooled;
    shape.n = 1;
    const sw_status status = inspection_read(&values, s, p->pool->outputs[0]);
    if (status == SW_OK) sw_channels_strongest(&strongest, 1, values, shape);
    free(values);
    p->channel = strongest.channel;
    return status;
}

static int begin_of(int middle, int length, int whole)
{
    const int from = middle - length / 2;
    return from < 0 ? 0 : from + length > whole ? whole - length : from;
}

/* Around the maximum of what is put back, or of what was pooled where that is all 0. */
static void choose_crop(pooling *p)
{
    const plane *by = &p->planes[p->planes[BEFORE_UNPOOL].most > 0 ? BEFORE_UNPOOL : POOLED];
    const int width = by->size.width, height = by->size.height;
    int best = 0;
    for (int i = 1; i < width * height; i++)
        if (by->values[i] > by->values[best]) best = i;
    p->crop =
        (sw_size){height < CROP_PX / 2 ? height : CROP_PX / 2, width < CROP_PX / 2 ? width : CROP_PX / 2};
    p->top = begin_of(best / width, p->crop.height, height);
    p->left = begin_of(best % width, p->crop.width, width);
}

static sw_status read_all(pooling *p, inspection *s)
{
    const int values[VALUES] = {p->pool->inputs[0], p->pool->outputs[0], p->unpool->inputs[0],
                                p->unpool->outputs[0]};
    void *offsets;
    SW_ENSURE(choose_channel(p, s));
    for (int i = 0; i < VALUES; i++) SW_ENSURE(read_plane(&p->planes[i], s, values[i], p->channel));
    const sw_status status = inspection_read(&offsets, s, p->pool->outputs[1]);
    p->offsets = offsets;
    choose_crop(p);
    return status;
}

/* --- drawing ------------------------------------------------------------------------------------- */

static bool is_pooled(int which)
{
    return which == POOLED || which == BEFORE_UNPOOL;
}

/* The crop in px of a plane. */
static sw_rect crop_of(const pooling *p, int which)
{
    const int times = is_pooled(which) ? 1 : 2;
    return (sw_rect){p->left * times, p->top * times, p->crop.width * times, p->crop.height * times};
}

static sw_colour_map map_of(const pooling *p, int which)
{
    return p->planes[which].both_signs ? SW_COLOURS_SIGNED : SW_COLOURS_HEAT;
}

static void add_whole(sw_figure *f, const pooling *p, int which)
{
    const plane *of = &p->planes[which];
    const sw_rect crop = crop_of(p, which);
    sw_figure_tile *tile = sw_figure_add_map(f, of->size, of->values, map_of(p, which), of->most);
    tile->name = sw_figure_print(f, "%d x %d, %s%.3g", of->size.width, of->size.height,
                                 of->both_signs ? "\xC2\xB1" : "0 to ", of->most);
    sw_figure_add_mark(f, tile, (sw_figure_mark){crop.left, crop.top, crop.width, crop.height, MARK_RGB});
}

/* Points to the corner of its window that a value came from. */
static const char *arrow(int place)
{
    static const char *const arrows[] = {"\xE2\x86\x96", "\xE2\x86\x97", "\xE2\x86\x99", "\xE2\x86\x98"};
    return arrows[place];
}

static int place_at(const pooling *p, int y, int x)
{
    return sw_max_pool_place(p->offsets, p->pooled, p->top + y, p->left + x, p->channel);
}

/* Writes the numbers of the crop: pooled ones with their arrows, and of the unpooled ones those that were put
 * there, since all others are 0. */
static void write_numbers(sw_figure *f, sw_figure_tile *tile, const pooling *p, int which)
{
    const plane *of = &p->planes[which];
    const sw_rect crop = crop_of(p, which);
    tile->numbers = sw_arena_alloc(&f->arena, sw_size_pixels(tile->size) * sizeof *tile->numbers);
    f->failed |= !tile->numbers;
    for (int y = 0; y < crop.height && tile->numbers; y++)
        for (int x = 0; x < crop.width; x++) {
            const double value =
                (double)of->values[(size_t)(crop.top + y) * (size_t)of->size.width + (size_t)(crop.left + x)];
            const char *text = is_pooled(which)
                                   ? sw_figure_print(f, "%s %.2f", arrow(place_at(p, y, x)), value)
                                   : sw_figure_print(f, "%.2f", value);
            const bool empty = which == UNPOOLED && place_at(p, y / 2, x / 2) != y % 2 * 2 + x % 2;
            tile->numbers[y * crop.width + x] = empty ? NULL : text;
        }
}

/* Outlines in each window the px that its maximum came from, or goes to. */
static void mark_places(sw_figure *f, sw_figure_tile *tile, const pooling *p)
{
    for (int y = 0; y < p->crop.height; y++)
        for (int x = 0; x < p->crop.width; x++) {
            const int place = place_at(p, y, x);
            sw_figure_add_mark(f, tile,
                               (sw_figure_mark){2.0 * x + place % 2 + 0.04, 2.0 * y + place / 2 + 0.04, 0.92,
                                                0.92, MARK_RGB});
        }
}

/* Windows of 2x2. */
static void mark_windows(sw_figure *f, sw_figure_tile *tile, const pooling *p)
{
    for (int y = 0; y < p->crop.height; y++)
        for (int x = 0; x < p->crop.width; x++)
            sw_figure_add_mark(f, tile, (sw_figure_mark){2.0 * x, 2.0 * y, 2, 2, WINDOW_RGB});
}

static sw_status add_crop(sw_figure *f, const pooling *p, int which)
{
    const plane *of = &p->planes[which];
    const sw_rect crop = crop_of(p, which);
    float values[CROP_PX * CROP_PX];
    for (int y = 0; y < crop.height; y++)
        for (int x = 0; x < crop.width; x++)
            values[y * crop.width + x] =
                of->values[(size_t)(crop.top + y) * (size_t)of->size.width + (size_t)(crop.left + x)];
    sw_figure_tile *tile =
        sw_figure_add_map(f, (sw_size){crop.height, crop.width}, values, map_of(p, which), of->most);
    if (!tile->rgb) return SW_E_MEMORY;
    write_numbers(f, tile, p, which);
    if (is_pooled(which)) return SW_OK;
    mark_windows(f, tile, p);
    mark_places(f, tile, p);
    return SW_OK;
}

static sw_status draw(inspection *s, const pooling *p)
{
    sw_figure *f = inspection_add_figure(s, "pooling", COLUMNS, TILE_PX);
    if (!f) return SW_E_MEMORY;
    f->title = sw_figure_print(f, "Pooling in %s, unpooling in %s", p->pool->name, p->unpool->name);
    f->text =
        sw_figure_print(f,
                        "Channel %d, the strongest after %s on %s. The pool keeps the maximum of each "
                        "window of 2 x 2 and where it lay (outlined; the arrow points to that corner of "
                        "the window). In the decoder the unpool puts what has become of the channel to "
                        "the same places; all other px are 0. Above the whole channel, each on a scale "
                        "of its own, below the part in the yellow frame.",
                        p->channel, p->pool->name, s->picture_name);
    f->heads[BEFORE_POOL] = sw_figure_print(f, "Before %s", p->pool->name);
    f->heads[POOLED] = sw_figure_print(f, "After %s", p->pool->name);
    f->heads[BEFORE_UNPOOL] = sw_figure_print(f, "Before %s", p->unpool->name);
    f->heads[UNPOOLED] = sw_figure_print(f, "After %s", p->unpool->name);
    for (int i = 0; i < VALUES; i++) add_whole(f, p, i);
    for (int i = 0; i < VALUES; i++) SW_ENSURE(add_crop(f, p, i));
    return sw_figure_status(f);
}

sw_status inspect_pooling(inspection *s)
{
    sw_status status = SW_OK;
    const sw_graph *graph = &s->probe.model.graph;
    const sw_levels *levels = &s->probe.levels;
    if (!levels->unpooling_count) {
        sw_log(SW_LOG_INFO, "no figure of pooling: this network has no max_unpool");
        return SW_OK;
    }
    /* the largest planes, those of the last unpool, show most */
    const sw_unpooling *pair = &levels->unpoolings[levels->unpooling_count - 1];
    pooling p = {.pool = &graph->nodes[pair->pool], .unpool = &graph->nodes[pair->unpool]};
    p.pooled = graph->values[p.pool->outputs[0]].shape;
    SW_TRY(inspection_forward(s));
    SW_TRY(read_all(&p, s));
    SW_TRY(draw(s, &p));
done:
    for (int i = 0; i < VALUES; i++) free(p.planes[i].values);
    free(p.offsets);
    return status;
}
