/* Engine amx: products of values rounded to bfloat16 by the matrix unit of a CPU (cl_kernels/conv2d_amx.cl
 * says how). Of backward-weights the host walks over the batch in blocks of images. */
#include <stdio.h>

#include "conv_engine.h"

enum {
    LANES = 16, /* channels are a multiple of these */
    SLICE = 32, /* channels summed over at a time; places of a tile, and of a step of backward-weights */
    PANEL = 32, /* channels computed at a time */
    HALF = PANEL / 2,
    PANEL_ELEMS = PANEL * SLICE,
    NEAR_BYTES = 768 * 1024,       /* of a work-item's copies: most of a core's own cache */
    PART_PLACES = 2048,            /* of a work-item of forward, at most */
    ITEMS_A_CORE = 2,              /* of forward, at least, so that an uneven start evens out */
    BLOCK_BYTES = 4 * 1024 * 1024, /* of a block's images, about, so that it stays in the last cache */
    WANTED_ITEMS = 16,             /* of backward-weights: segments are made until there are that many */
    CHUNK_STEPS = 8                /* of backward-weights: both sides of so many stay in the first cache */
};

/* A product of forward's kind. */
typedef struct product {
    const sw_kernel *pack, *run;
    int in, out, slices, panels;
    int part; /* places of a work-item, at most */
} product;

typedef struct amx_plan {
    sw_conv_shape shape;
    product product[SW_CONV_PRODUCTS];                   /* by pass */
    const sw_kernel *lines, *pairs, *gradient, *combine; /* of backward-weights */
    int images;                                          /* of a block of it, at most */
    int slices, panels, segments;
    bool keeps;                  /* forward's packed weights lie in call->kept instead of the workspace */
    size_t pairs_at, partial_at; /* floats into the workspace, where these parts begin; lines: at 0 */
} amx_plan;

/* --- places, as the kernels' file says ---------------------------------------------------------------- */

static int reach_of(sw_conv_shape s)
{
    return s.kernel / 2 * s.dilation;
}

static int row_places(sw_conv_shape s)
{
    return s.w + reach_of(s);
}

/* Places of so many images whose windows are computed, in whole tiles. */
static int computed_places(sw_conv_shape s, int images)
{
    return round_up(images * (s.h + reach_of(s)) * row_places(s), SLICE);
}

/* How many more than those computed the windows reach. */
static int reached_places(sw_conv_shape s)
{
    return 2 * reach_of(s) * (row_places(s) + 1);
}

/* Places of a line of backward-weights: an odd number of cache lines, so that neighbouring channels fall into
 * different sets. */
static int line_of(sw_conv_shape s, int images)
{
    const int lines = sw_divide_up_int(computed_places(s, images) + reached_places(s), SLICE);
    return (lines % 2 == 1 ? lines : lines + 1) * SLICE;
}

/* Bytes of a place of one side's channels. */
static size_t place_bytes(int channels)
{
    return (size_t)round_up(channels, SLICE) * sizeof(uint16_t);
}

static size_t near_bytes(sw_conv_shape s, int channels, int part)
{
    return (size_t)(part + reached_places(s)) * place_bytes(channels);
}

/* The most places of a part that local memory has room for; 0: not one tile. */
static int part_of(const sw_device_info *device, sw_conv_shape s, int channels)
{
    const size_t room = device->local_bytes < NEAR_BYTES ? (size_t)device->local_bytes : NEAR_BYTES;
    int part = PART_PLACES;
    while (part > SLICE && near_bytes(s, channels, part) > room) part -= SLICE;
    return near_bytes(s, channels, part) <= device->local_bytes ? part : 0;
}

/* --- preparing ----------------------------------------------------------------------------------------- */

static bool supports(const sw_cl *cl, sw_conv_shape s, sw_conv_pass pass)
{
    const sw_device_info *device = sw_cl_device(cl);
    return device->type == CL_DEVICE_TYPE_CPU && device->matrix_unit != SW_MATRIX_NONE && s.stride == 1 &&
           s.in_channels % LANES == 0 && s.out_channels % LANES == 0 &&
           (pass == SW_CONV_BACKWARD_WEIGHTS || part_of(device, s, from_channels(s, pass)) > 0);
}

static sw_status get_kernel(const sw_kernel **out, const amx_plan *plan, sw_cl *cl, sw_conv_pass pass,
                            const char *section, const char *name)
{
    char window[SW_CONV_WINDOW_OPTIONS_BYTES], storage[SW_STORAGE_BYTES];
    char options[SW_CONV_WINDOW_OPTIONS_BYTES + SW_STORAGE_BYTES + 80];
    sw_conv_window_options(window, sw_conv_window_of(plan->shape, pass));
    sw_conv_storage_options(storage, plan->shape, pass);
    snprintf(options, sizeof options, "-DVEC=%d -D%s -DBETWEEN16 %s%s%s", LANES, section, window, storage,
             sw_cl_device(cl)->matrix_unit == SW_MATRIX_EMULATED ? " -DEMULATED" : "");
    return sw_kernel_get(out, cl, "conv2d_amx", name, options);
}

static sw_status prepare_product(amx_plan *plan, sw_cl *cl, sw_conv_pass pass)
{
    const sw_conv_shape s = plan->shape;
    product *p = &plan->product[pass];
    *p = (product){.in = from_channels(s, pass),
                   .out = to_channels(s, pass),
                   .slices = sw_divide_up_int(from_channels(s, pass), SLICE),
                   .panels = sw_divide_up_int(to_channels(s, pass), PANEL),
                   .part = part_of(sw_cl_device(cl), s, from_channels(s, pass))};
    SW_ENSURE(get_kernel(&p->pack, plan, cl, pass, "PACK", "conv2d_amx_pack"));
    return get_kernel(&p->run, plan, cl, pass, "FORWARD", "conv2d_amx_fwd");
}

/* Floats that hold so many bfloat16, to where the next part may begin. */
static size_t floats_of(size_t elems)
{
    return align_floats(sw_divide_up(elems, 2));
}

/* Returns in *floats how much of the workspace backward-weights uses. */
static sw_status prepare_weights(amx_plan *plan, size_t *floats, sw_cl *cl)
{
    const sw_conv_pass pass = SW_CONV_BACKWARD_WEIGHTS;
    const sw_conv_shape s = plan->shape;
    const size_t image_bytes = (size_t)computed_places(s, 1) * place_bytes((int)more_channels(s));
    plan->images = image_bytes > BLOCK_BYTES ? 1 : (int)(BLOCK_BYTES / image_bytes);
    if (plan->images > s.n) plan->images = s.n;
    plan->slices = sw_divide_up_int(s.in_channels, SLICE);
    plan->panels = sw_divide_up_int(s.out_channels, PANEL);
    plan->segments = sw_divide_up_int(WANTED_ITEMS, plan->slices * plan->panels);
    const size_t slices = (size_t)plan->slices, panels = (size_t)plan->panels;
    plan->pairs_at = floats_of((size_t)line_of(s, plan->images) * slices * SLICE);
    plan->partial_at = plan->pairs_at + floats_of((size_t)computed_places(s, plan->images) * panels * PANEL);
    *floats = plan->partial_at + (size_t)plan->segments * taps_of(s) * slices * panels * PANEL_ELEMS;
    SW_ENSURE(get_kernel(&plan->lines, plan, cl, pass, "GRADIENT", "conv2d_amx_lines"));
    SW_ENSURE(get_kernel(&plan->pairs, plan, cl, pass, "GRADIENT", "conv2d_amx_pairs"));
    SW_ENSURE(get_kernel(&plan->gradient, plan, cl, pass, "GRADIENT", "conv2d_amx_gradient"));
    return get_kernel(&plan->combine, plan, cl, pass, "GRADIENT", "conv2d_amx_combine");
}

static sw_status prepare(void *out, size_t *workspace_bytes, sw_call *call, sw_conv_shape s, size_t cap_bytes,
                         unsigned passes)
{
    (void)cap_bytes; /* packed weights, or a block and sums the size of the weights: far below any sensible
                        cap */
    amx_plan *plan = out;
    size_t floats = 0;
    plan->shape = s;
    plan->keeps = call->keeps && passes == SW_BIT(SW_CONV_FORWARD);
    if (passes & SW_BIT(SW_CONV_BACKWARD_WEIGHTS)) SW_ENSURE(prepare_weights(plan, &floats, call->cl));
    for (sw_conv_pass pass = 0; pass <= SW_CONV_BACKWARD_DATA; pass++) {
        if (!(passes & SW_BIT(pass))) continue;
        SW_ENSURE(prepare_product(plan, call->cl, pass));
        const product *p = &plan->product[pass];
        const size_t packed = floats_of((size_t)(p->panels * p->slices) * taps_of(s) * PANEL_ELEMS);
        if (plan->keeps)
            call->kept_bytes = packed * sizeof(float);
        else
            floats = larger(floats, packed);
    }
    *workspace_bytes = floats * sizeof(float);
    return SW_OK;
}

/* --- running ------------------------------------------------------------------------------------------- */

#define IMAGE_ARGS(first, images, s) SW_ARG(first), SW_ARG(images), SW_SIZE_ARGS(s)

static sw_status pack(const amx_plan *plan, sw_call *call, const sw_conv_product *c, cl_mem packed)
{
    const product *p = &plan->product[c->pass];
    if (plan->keeps && call->kept_valid) return SW_OK;
    call->kept_valid = plan->keeps;
    return SW_CALL_LAUNCH(call, p->pack, lone_items(p->panels * 2, (int)taps_of(plan->shape) * p->slices, 1),
                          SW_ARG(call->param[0]), SW_ARG(packed), SW_ARG(p->in), SW_ARG(p->out),
                          SW_ARG(p->slices), SW_ARG(c->flip));
}

/* Places of a work-item: all cores have some, of a few images too. */
static int part_now(const product *p, const sw_cl *cl, int places)
{
    const int items = ITEMS_A_CORE * (int)sw_cl_device(cl)->compute_units;
    const int even = round_up(sw_divide_up_int(places, items), SLICE);
    return even < p->part ? even : p->part;
}

static sw_status convolve(const void *prepared, sw_call *call, const sw_conv_product *c)
{
    const amx_plan *plan = prepared;
    const sw_conv_shape s = plan->shape;
    const product *p = &plan->product[c->pass];
    const int places = computed_places(s, call->n), part = part_now(p, call->cl, places);
    const size_t elems = sw_conv_to_pixels(call, c->pass) * (size_t)p->out;
    const cl_mem packed = plan->keeps ? call->kept : call->workspace;
    SW_ENSURE(pack(plan, call, c, packed));
    return SW_CALL_LAUNCH(call, p->run, lone_items(sw_divide_up_int(places, part), 1, 1), SW_ARG(c->from),
                          SW_ARG(packed), SW_ARG(c->to), IMAGE_ARGS(0, call->n, s), SW_ARG(p->in),
                          SW_ARG(p->out), SW_ARG(part),
                          SW_ARG((int)sw_call_put(call, elems, HALF, c->accumulate)),
                          SW_EPILOGUE_ARGS(call->epilogue), sw_arg_local(near_bytes(s, p->in, part)));
}

/* Adds a block's part of dw to the partial sums, which the first block begins. */
static sw_status add_block(const amx_plan *plan, sw_call *call, int first, int images)
{
    const sw_conv_shape s = plan->shape;
    const int line = line_of(s, images), steps = computed_places(s, images) / SLICE;
    SW_ENSURE(SW_CALL_LAUNCH(call, plan->lines, lone_items(line / LANES, 1, 1), SW_ARG(call->in[0]),
                             SW_ARG(call->workspace), IMAGE_ARGS(first, images, s), SW_ARG(s.in_channels),
                             SW_ARG(plan->slices * SLICE), SW_ARG(line)));
    SW_ENSURE(SW_CALL_LAUNCH(call, plan->pairs, lone_items(steps, 1, 1), SW_ARG(call->dout[0]),
                             SW_ARG(call->workspace), SW_ARG(plan->pairs_at), IMAGE_ARGS(first, images, s),
                             SW_ARG(s.out_channels), SW_ARG(plan->panels * 2)));
    return SW_CALL_LAUNCH(
        call, plan->gradient, lone_items(plan->slices, plan->panels, plan->segments), SW_ARG(call->workspace),
        SW_ARG(plan->pairs_at), SW_ARG(plan->partial_at), SW_ARG(s.w), SW_ARG(line), SW_ARG(steps),
        SW_ARG(sw_divide_up_int(steps, plan->segments)), SW_ARG((int)CHUNK_STEPS), SW_ARG(first == 0));
}

static sw_status backward_weights(const void *prepared, sw_call *call)
{
    const amx_plan *plan = prepared;
    const sw_conv_shape s = plan->shape;
    for (sw_conv_block b = {0}; sw_conv_next_block(&b, (size_t)call->n, (size_t)plan->images);)
        SW_ENSURE(add_block(plan, call, (int)b.first, (int)b.count));
    sw_ndrange combine =
        sw_call_ndrange(call, (size_t)s.out_channels, taps_of(s) * (size_t)s.in_channels, false);
    return SW_CALL_LAUNCH(call, plan->combine, combine, SW_ARG(call->workspace), SW_ARG(plan->partial_at),
                          SW_ARG(call->dparam[0]), SW_ARG(s.in_channels), SW_ARG(plan->slices),
                          SW_ARG(plan->panels), SW_ARG(plan->segments));
}

const sw_conv_engine sw_conv_engine_amx = {
    .name = "amx",
    .choice = SW_CONV_AMX,
    .by_name_on_cpus = true,
    .coarse = true,
    .rounds_operands = true,
    .takes_bfloat16 = true,
    .takes_epilogue = true,
    .supports = supports,
    .plan_bytes = sizeof(amx_plan),
    .prepare = prepare,
    .convolve = convolve,
    .backward_weights = backward_weights,
};
