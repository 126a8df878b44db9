#include "tile_product.h"

#include <stdio.h>

#include "cl/launch.h"

enum {
    SMALL_GROUP = 8, /* sides of a square work-group; the large one where the driver allows it */
    LARGE_GROUP = 16,
    LARGE_TILE_BYTES = 24 * 1024, /* local memory, with room to spare, of tiles with 64 sums a work-item */
    ITEMS_A_UNIT = 512,           /* work-items wanted for each compute unit */
    SEGMENT_PIXELS = 128,         /* of a partial sum, at least */
    MAX_SEGMENTS = 256
};

bool sw_tile_supports(const sw_device_info *device)
{
    return device->local_bytes >= SW_TILE_LOCAL_BYTES && device->max_work_group >= SW_TILE_GROUP_ITEMS;
}

static size_t tiles(const sw_tile_product *p)
{
    return sw_divide_up(p->rows, p->tile_rows) * sw_divide_up(p->columns, p->tile_columns) *
           (size_t)p->products;
}

static size_t wanted_groups(const sw_tile_product *p, const sw_cl *cl)
{
    return sw_divide_up(ITEMS_A_UNIT * (size_t)sw_cl_device(cl)->compute_units, p->group * p->group);
}

/* Sums of a work-item in rows and columns. */
static void set_tile(sw_tile_product *p, size_t group, size_t item_rows, size_t item_columns)
{
    p->group = group;
    p->tile_rows = item_rows * group;
    p->tile_columns = item_columns * group;
}

/* Fewer columns where there are few. */
static size_t few_columns(const sw_tile_product *p, size_t group)
{
    return p->columns <= group ? 1 : p->columns <= 2 * group ? 2 : 4;
}

/* Whether 8 columns an item leave no more unused than 4. */
static bool fills_wide_tiles(const sw_tile_product *p, size_t group)
{
    return 2 * sw_divide_up(p->columns, 8 * group) == sw_divide_up(p->columns, 4 * group);
}

/* Whether local memory has room for 64 sums an item. */
static bool has_room(const sw_cl *cl, size_t group)
{
    return group == SMALL_GROUP || sw_cl_device(cl)->local_bytes >= LARGE_TILE_BYTES;
}

/* The tile for a product whose rows are pixels (docs/notes/performance_gpu.md has the measurements): as large
 * as the columns fill, but smaller where there would otherwise be too few work-groups. */
static void cut_rows(sw_tile_product *p, const sw_cl *cl, size_t group)
{
    const bool wide = has_room(cl, group) && fills_wide_tiles(p, group);
    set_tile(p, group, 8, wide ? 8 : few_columns(p, group));
    if (tiles(p) < wanted_groups(p, cl)) set_tile(p, group, 8, few_columns(p, group));
    if (tiles(p) < wanted_groups(p, cl)) set_tile(p, group, 4, few_columns(p, group));
}

/* The same for one whose rows are the weights': there are more work-groups along the depth. */
static void cut_sums(sw_tile_product *p, const sw_cl *cl, size_t group)
{
    const bool tall = group == LARGE_GROUP && p->rows >= 16 * group && p->columns > 2 * group;
    if (p->rows <= 4 * group)
        set_tile(p, group, 4, few_columns(p, group));
    else if (has_room(cl, group) && fills_wide_tiles(p, group))
        set_tile(p, group, 8, 8);
    else
        set_tile(p, group, has_room(cl, group) && tall ? 16 : 8, few_columns(p, group));
}

/* Whether a matrix of sums has so few rows that 8 x 8 of them an item take no more than a small group. */
static bool has_few_rows(const sw_tile_product *p)
{
    return p->rows <= 8 * SMALL_GROUP && p->columns > 4 * SMALL_GROUP;
}

static sw_status build(sw_tile_product *p, sw_cl *cl, bool sums)
{
    char window[SW_CONV_WINDOW_OPTIONS_BYTES], storage[SW_STORAGE_BYTES];
    char options[SW_CONV_WINDOW_OPTIONS_BYTES + SW_STORAGE_BYTES + 110];
    sw_conv_window_options(window, p->sides.window);
    sw_storage_options(storage, p->sides.in_type, p->sides.out_type);
    snprintf(options, sizeof options, "%s -DIN=%d -DOUT=%d -DGROUP=%zu -DTM=%zu -DTN=%zu%s%s", window,
             p->sides.in, p->sides.out, p->group, p->tile_rows / p->group, p->tile_columns / p->group,
             sums ? " -DSUMS" : "", storage);
    return sw_kernel_get(&p->run, cl, "conv2d_tile", sums ? "conv2d_tile_bwd_partial" : "conv2d_tile_fwd",
                         options);
}

/* Builds the kernel for large work-groups, or for small ones where the driver says that it cannot run large
 * ones. It is not asked about small ones, since some drivers say less than they can
 * (sw_kernel_max_work_group): the launch will fail if it cannot. */
static sw_status prepare(sw_tile_product *p, sw_cl *cl, bool sums, bool small)
{
    void (*const cut)(sw_tile_product *, const sw_cl *, size_t) = sums ? cut_sums : cut_rows;
    if (!small && sw_cl_device(cl)->max_work_group >= LARGE_GROUP * LARGE_GROUP) {
        cut(p, cl, LARGE_GROUP);
        SW_ENSURE(build(p, cl, sums));
        if (sw_kernel_max_work_group(p->run) >= LARGE_GROUP * LARGE_GROUP) return SW_OK;
    }
    cut(p, cl, SMALL_GROUP);
    return build(p, cl, sums);
}

sw_status sw_tile_prepare_rows(sw_tile_product *p, sw_cl *cl, sw_tile_sides sides, size_t pixels,
                               int products)
{
    *p = (sw_tile_product){
        .sides = sides, .rows = pixels, .columns = (size_t)sides.out, .products = products, .segments = 1};
    return prepare(p, cl, false, false);
}

/* Segments of the pixels that give the device enough work-groups, while their sums stay under the cap. */
static int choose_segments(const sw_tile_product *p, const sw_cl *cl, size_t pixels, size_t cap_bytes)
{
    size_t segments = sw_divide_up(wanted_groups(p, cl), tiles(p));
    size_t fitting = cap_bytes / (p->rows * p->columns * (size_t)p->products * sizeof(float));
    if (segments > MAX_SEGMENTS) segments = MAX_SEGMENTS;
    if (segments > sw_divide_up(pixels, SEGMENT_PIXELS)) segments = sw_divide_up(pixels, SEGMENT_PIXELS);
    if (segments > fitting) segments = fitting;
    return segments > 0 ? (int)segments : 1;
}

sw_status sw_tile_prepare_sums(sw_tile_product *p, sw_cl *cl, sw_tile_sides sides, size_t pixels,
                               int products, size_t cap_bytes)
{
    const int side = sides.window.kernel;
    *p = (sw_tile_product){.sides = sides,
                           .rows = (size_t)(side * side) * (size_t)sides.in,
                           .columns = (size_t)sides.out,
                           .products = products};
    SW_ENSURE(prepare(p, cl, true, has_few_rows(p)));
    p->segments = choose_segments(p, cl, pixels, cap_bytes);
    return SW_OK;
}

static sw_ndrange range_of(const sw_tile_product *p, size_t rows, size_t depth)
{
    return (sw_ndrange){.global = {p->group * sw_divide_up(p->columns, p->tile_columns),
                                   p->group * sw_divide_up(rows, p->tile_rows), depth},
                        .local = {p->group, p->group, 1}};
}

sw_status sw_tile_run_rows(const sw_tile_product *p, const sw_call *call, const sw_tile_matrix *x,
                           const sw_tile_matrix *weights, const sw_tile_matrix *y, sw_conv_grid grid,
                           size_t pixels, bool accumulate)
{
    return SW_CALL_LAUNCH(call, p->run, range_of(p, pixels, (size_t)p->products), SW_ARG(x->buffer),
                          SW_ARG((int)x->offset), SW_ARG((int)x->step), SW_ARG(weights->buffer),
                          SW_ARG((int)weights->step), SW_ARG(y->buffer), SW_ARG((int)y->offset),
                          SW_ARG((int)y->step), SW_GRID_ARGS(grid), SW_ARG((int)pixels), SW_ARG(accumulate));
}

sw_status sw_tile_run_sums(int *segments, const sw_tile_product *p, const sw_call *call,
                           const sw_tile_matrix *x, const sw_tile_matrix *dy, cl_mem partial,
                           sw_conv_grid grid, size_t pixels)
{
    size_t segment_pixels = sw_divide_up(pixels, (size_t)p->segments);
    *segments = (int)sw_divide_up(pixels, segment_pixels);
    return SW_CALL_LAUNCH(call, p->run, range_of(p, p->rows, (size_t)p->products * (size_t)*segments),
                          SW_ARG(x->buffer), SW_ARG((int)x->offset), SW_ARG((int)x->step), SW_ARG(dy->buffer),
                          SW_ARG((int)dy->offset), SW_ARG((int)dy->step), SW_ARG(partial), SW_GRID_ARGS(grid),
                          SW_ARG((int)pixels), SW_ARG(*segments), SW_ARG((int)segment_pixels));
}

size_t sw_tile_sums_bytes(const sw_tile_product *p)
{
    return (size_t)p->products * (size_t)p->segments * p->rows * p->columns * sizeof(float);
}
