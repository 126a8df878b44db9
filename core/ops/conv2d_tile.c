/* Engine tile: implicit-im2col matrix products in local-memory tiles, for GPUs (cl_kernels/conv2d_tile.cl has
 * the why). */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "conv_engine.h"

enum {
    LOCAL_BYTES = 16 * 1024, /* that the largest tile fits in */
    SMALL_GROUP = 8,         /* sides of a square work-group; the large one where the driver allows it */
    LARGE_GROUP = 16,
    GROUPS_A_UNIT = 4,     /* work-groups wanted for each compute unit */
    SEGMENT_PIXELS = 1024, /* of a partial sum of backward-weights, at least */
    MAX_SEGMENTS = 256
};

static const char *const file = "conv2d_tile";

/* A product of `rows` by `columns`, and how it is cut. */
typedef struct product {
    const sw_kernel *run;
    size_t rows, columns;
    size_t group, tile_rows, tile_columns;
} product;

typedef struct tile_plan {
    sw_conv_shape shape;
    product forward, data, weights;
    const sw_kernel *flip, *combine;
    int segments;
} tile_plan;

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t divide_up(size_t a, size_t b)
{
    return (a + b - 1) / b;
}

static size_t pixels_of(sw_conv_shape s)
{
    return (size_t)s.n * (size_t)s.h * (size_t)s.w;
}

static size_t window_of(sw_conv_shape s, int channels)
{
    return (size_t)s.kernel * (size_t)s.kernel * (size_t)channels;
}

/* Whether elements of all tensors can be counted in an int, with a tile's rest behind the last pixel. */
static bool is_countable(sw_conv_shape s)
{
    size_t channels = larger((size_t)s.in_channels, (size_t)s.out_channels);
    return (pixels_of(s) + 1024) * channels < INT_MAX && window_of(s, s.in_channels) * channels < INT_MAX;
}

static bool supports(const sw_cl *cl, sw_conv_shape s, sw_conv_pass pass)
{
    const sw_device_info *device = sw_cl_device(cl);
    (void)pass;
    return device->local_bytes >= LOCAL_BYTES && device->max_work_group >= SMALL_GROUP * SMALL_GROUP &&
           is_countable(s);
}

static size_t tiles(const product *p)
{
    return divide_up(p->rows, p->tile_rows) * divide_up(p->columns, p->tile_columns);
}

static size_t wanted_groups(const sw_cl *cl)
{
    return (size_t)GROUPS_A_UNIT * sw_cl_device(cl)->compute_units;
}

/* Rows and columns of a work-item: fewer columns where there are few, fewer rows where there would otherwise
 * be too few work-groups (`is_split`: there are more along the depth). */
static void cut(product *p, const sw_cl *cl, size_t group, bool is_split)
{
    size_t item_columns = p->columns <= group ? 1 : p->columns <= 2 * group ? 2 : 4;
    p->group = group;
    p->tile_columns = group * item_columns;
    p->tile_rows = 8 * group;
    if (is_split ? p->rows <= 4 * group : tiles(p) < wanted_groups(cl)) p->tile_rows = 4 * group;
}

static sw_status build(product *p, sw_cl *cl, sw_conv_shape s, int in, int out, const char *kernel)
{
    sw_status status = SW_OK;
    char options[128];
    snprintf(options, sizeof options, "-DKERNEL=%d -DIN=%d -DOUT=%d -DGROUP=%zu -DTM=%zu -DTN=%zu", s.kernel,
             in, out, p->group, p->tile_rows / p->group, p->tile_columns / p->group);
    SW_TRY(sw_kernel_get(&p->run, cl, file, kernel, options));
done:
    return status;
}

/* The kernel for large work-groups, or where the driver says that it cannot run it in such ones, for small
 * ones. Whether it can do that it is not asked (sw_kernel_max_work_group), the launch tells. */
static sw_status prepare_product(product *p, sw_cl *cl, sw_conv_shape s, int in, int out, const char *kernel,
                                 bool is_split)
{
    sw_status status = SW_OK;
    if (sw_cl_device(cl)->max_work_group >= LARGE_GROUP * LARGE_GROUP) {
        cut(p, cl, LARGE_GROUP, is_split);
        SW_TRY(build(p, cl, s, in, out, kernel));
        if (sw_kernel_max_work_group(p->run) >= LARGE_GROUP * LARGE_GROUP) goto done;
    }
    cut(p, cl, SMALL_GROUP, is_split);
    SW_TRY(build(p, cl, s, in, out, kernel));
done:
    return status;
}

/* Segments of the pixels that give the device enough work-groups, while their sums stay under the cap. */
static int choose_segments(const product *p, const sw_cl *cl, size_t pixels, size_t cap_bytes)
{
    size_t segments = divide_up(wanted_groups(cl), tiles(p));
    size_t fitting = cap_bytes / (p->rows * p->columns * sizeof(float));
    if (segments > MAX_SEGMENTS) segments = MAX_SEGMENTS;
    if (segments > divide_up(pixels, SEGMENT_PIXELS)) segments = divide_up(pixels, SEGMENT_PIXELS);
    if (segments > fitting) segments = fitting;
    return segments > 0 ? (int)segments : 1;
}

static sw_status prepare_weights(tile_plan *plan, sw_cl *cl, size_t cap_bytes)
{
    sw_status status = SW_OK;
    sw_conv_shape s = plan->shape;
    product *p = &plan->weights;
    char options[128];
    *p = (product){.rows = window_of(s, s.in_channels), .columns = (size_t)s.out_channels};
    SW_TRY(prepare_product(p, cl, s, s.in_channels, s.out_channels, "conv2d_tile_bwd_partial", true));
    plan->segments = choose_segments(p, cl, pixels_of(s), cap_bytes);
    snprintf(options, sizeof options, "-DKERNEL=%d -DIN=%d -DOUT=%d -DGROUP=%zu -DTM=%zu -DTN=%zu", s.kernel,
             s.in_channels, s.out_channels, p->group, p->tile_rows / p->group, p->tile_columns / p->group);
    SW_TRY(sw_kernel_get(&plan->combine, cl, file, "conv2d_tile_bwd_combine", options));
done:
    return status;
}

static sw_status prepare_data(tile_plan *plan, sw_run *run)
{
    sw_status status = SW_OK;
    sw_conv_shape s = plan->shape;
    char options[64];
    plan->data = (product){.rows = pixels_of(s), .columns = (size_t)s.in_channels};
    SW_TRY(prepare_product(&plan->data, run->cl, s, s.out_channels, s.in_channels, "conv2d_tile_fwd", false));
    /* of the program that has the bias */
    snprintf(options, sizeof options, "-DKERNEL=%d -DVEC=%d", s.kernel, sw_run_vec(run, s.out_channels));
    SW_TRY(sw_kernel_get(&plan->flip, run->cl, "conv2d", "conv2d_flip", options));
done:
    return status;
}

static sw_status prepare(void **out, size_t *workspace_bytes, sw_run *run, sw_conv_shape shape,
                         size_t cap_bytes, unsigned passes)
{
    sw_status status = SW_OK;
    size_t weight_bytes = window_of(shape, shape.in_channels) * (size_t)shape.out_channels * sizeof(float);
    tile_plan *plan = calloc(1, sizeof *plan);
    if (!plan) return sw_fail_alloc("a convolution", sizeof *plan);
    *out = plan;
    plan->shape = shape;
    *workspace_bytes = 0;
    if (passes & SW_BIT(SW_CONV_FORWARD)) {
        plan->forward = (product){.rows = pixels_of(shape), .columns = (size_t)shape.out_channels};
        SW_TRY(prepare_product(&plan->forward, run->cl, shape, shape.in_channels, shape.out_channels,
                               "conv2d_tile_fwd", false));
    }
    if (passes & SW_BIT(SW_CONV_BACKWARD_DATA)) {
        SW_TRY(prepare_data(plan, run));
        *workspace_bytes = weight_bytes;
    }
    if (passes & SW_BIT(SW_CONV_BACKWARD_WEIGHTS)) {
        SW_TRY(prepare_weights(plan, run->cl, cap_bytes));
        *workspace_bytes = larger(*workspace_bytes, (size_t)plan->segments * weight_bytes);
    }
done:
    return status;
}

/* The grid of a product with that many rows. */
static sw_grid grid_of(const product *p, size_t rows, size_t segments)
{
    return (sw_grid){.global = {p->group * divide_up(p->columns, p->tile_columns),
                                p->group * divide_up(rows, p->tile_rows), segments},
                     .local = {p->group, p->group, 1}};
}

/* to (+)= conv(from). */
static sw_status run_product(const tile_plan *plan, const product *p, sw_run *run, cl_mem weights,
                             cl_mem from, cl_mem to, bool accumulate)
{
    size_t pixels = sw_conv_pixels(run);
    return SW_LAUNCH(run->cl, p->run, run->node->name, grid_of(p, pixels, 1), sw_arg_buffer(from),
                     sw_arg_buffer(weights), sw_arg_buffer(to), sw_arg_i32(plan->shape.h),
                     sw_arg_i32(plan->shape.w), sw_arg_i32((int32_t)pixels), sw_arg_i32(accumulate));
}

static sw_status forward(const void *prepared, sw_run *run)
{
    const tile_plan *plan = prepared;
    return run_product(plan, &plan->forward, run, run->param[0], run->in[0], run->out[0], false);
}

static sw_status backward_data(const void *prepared, sw_run *run)
{
    sw_status status = SW_OK;
    const tile_plan *plan = prepared;
    sw_conv_shape s = plan->shape;
    sw_grid grid = sw_run_grid(run, (size_t)s.in_channels,
                               (size_t)s.kernel * (size_t)s.kernel * (size_t)s.out_channels, false);
    SW_TRY(SW_LAUNCH(run->cl, plan->flip, run->node->name, grid, sw_arg_buffer(run->param[0]),
                     sw_arg_buffer(run->workspace), sw_arg_u32(0), sw_arg_u32((uint32_t)s.out_channels)));
    SW_TRY(
        run_product(plan, &plan->data, run, run->workspace, run->dout[0], run->din[0], run->accumulate[0]));
done:
    return status;
}

static sw_status backward_weights(const void *prepared, sw_run *run)
{
    sw_status status = SW_OK;
    const tile_plan *plan = prepared;
    const product *p = &plan->weights;
    size_t pixels = sw_conv_pixels(run);
    size_t segment_pixels = divide_up(pixels, (size_t)plan->segments);
    size_t segments = divide_up(pixels, segment_pixels);
    sw_grid combine = {.global = {p->rows * p->columns}};
    SW_TRY(SW_LAUNCH(run->cl, p->run, run->node->name, grid_of(p, p->rows, segments),
                     sw_arg_buffer(run->in[0]), sw_arg_buffer(run->dout[0]), sw_arg_buffer(run->workspace),
                     sw_arg_i32(plan->shape.h), sw_arg_i32(plan->shape.w), sw_arg_i32((int32_t)pixels),
                     sw_arg_i32((int32_t)segment_pixels)));
    SW_TRY(SW_LAUNCH(run->cl, plan->combine, run->node->name, combine, sw_arg_buffer(run->workspace),
                     sw_arg_buffer(run->dparam[0]), sw_arg_i32((int32_t)segments)));
done:
    return status;
}

const sw_conv_engine sw_conv_engine_tile = {
    .name = "tile",
    .choice = SW_CONV_TILE,
    .by_name_on_cpus = true,
    .supports = supports,
    .prepare = prepare,
    .release = free,
    .forward = forward,
    .backward_weights = backward_weights,
    .backward_data = backward_data,
};
