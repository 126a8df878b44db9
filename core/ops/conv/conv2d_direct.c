/* Engine direct: convolutions on CPUs where one side is thin, that is has few channels
 * (cl_kernels/conv2d_direct.cl says why). */
#include <stdio.h>

#include "conv_engine.h"

enum {
    LANES = 16, /* channels of the thick side are a multiple of these, whatever a vector has */
    MOST_THIN = 4,
    MOST_SUMS =
        28, /* of the weights' gradient for a vector of the thick side: as many as stay in registers */
    SLACK_PIXELS = 16, /* behind the padded tensor, where the last tile of its last row may read */
    ITEM_PIXELS = 256, /* of a work-item of widen and narrow, at least: whole rows */
    SEGMENTS = 16      /* of backward-weights */
};

typedef struct direct_plan {
    sw_conv_shape shape;
    int thin, thick;
    bool thin_in; /* the thin side is the op's input */
    const sw_kernel *pad, *pack, *widen, *narrow, *partial, *combine;
    /* floats into the workspace: the packed weights or the partial sums at its start, then the padded tensor
     */
    size_t padded_offset;
} direct_plan;

bool sw_conv_direct_fits(sw_conv_shape s, sw_conv_pass pass)
{
    bool thin_in = s.in_channels <= MOST_THIN && s.out_channels % LANES == 0;
    bool thin_out = s.out_channels <= MOST_THIN && s.in_channels % LANES == 0;
    if (!(thin_in || thin_out) || !is_plain(s)) return false;
    /* the gradient of other weights is faster in gemm: of larger windows, and of 1x1, which have few sums */
    int thin = thin_in ? s.in_channels : s.out_channels;
    return pass != SW_CONV_BACKWARD_WEIGHTS || (s.kernel == 3 && s.kernel * s.kernel * thin <= MOST_SUMS);
}

static bool supports(const sw_cl *cl, sw_conv_shape s, sw_conv_pass pass)
{
    const sw_dtype thin = s.in_channels <= MOST_THIN ? s.x_type : s.y_type;
    return sw_cl_device(cl)->type == CL_DEVICE_TYPE_CPU && thin == SW_F32 && sw_conv_direct_fits(s, pass);
}

/* The pass that makes the thick tensor from the thin one; the other product narrows. */
static sw_conv_pass widening(const direct_plan *plan)
{
    return plan->thin_in ? SW_CONV_FORWARD : SW_CONV_BACKWARD_DATA;
}

static sw_status prepare_kernels(direct_plan *plan, sw_cl *cl, unsigned passes)
{
    static const char *const file = "conv2d_direct";
    unsigned products = passes & (SW_BIT(SW_CONV_FORWARD) | SW_BIT(SW_CONV_BACKWARD_DATA));
    unsigned widens = SW_BIT(widening(plan));
    char options[96], storage[SW_STORAGE_BYTES];
    sw_storage_options(storage, plan->thin_in ? plan->shape.y_type : plan->shape.x_type, SW_F32);
    snprintf(options, sizeof options, "-DVEC=%d -DKERNEL=%d -DTHIN=%d -DTHICK=%d -DTHIN_IN=%d%s",
             sw_cl_register_width(cl), plan->shape.kernel, plan->thin, plan->thick, plan->thin_in, storage);
    SW_ENSURE(sw_kernel_get(&plan->pad, cl, file, "conv2d_direct_pad", options));
    if (products) SW_ENSURE(sw_kernel_get(&plan->pack, cl, file, "conv2d_direct_pack", options));
    if (products & widens) SW_ENSURE(sw_kernel_get(&plan->widen, cl, file, "conv2d_direct_widen", options));
    if (products & ~widens)
        SW_ENSURE(sw_kernel_get(&plan->narrow, cl, file, "conv2d_direct_narrow", options));
    if (passes & SW_BIT(SW_CONV_BACKWARD_WEIGHTS)) {
        SW_ENSURE(sw_kernel_get(&plan->partial, cl, file, "conv2d_direct_bwd_partial", options));
        SW_ENSURE(sw_kernel_get(&plan->combine, cl, file, "conv2d_direct_bwd_combine", options));
    }
    return SW_OK;
}

static sw_status prepare(void *out, size_t *workspace_bytes, sw_call *call, sw_conv_shape shape,
                         size_t cap_bytes, unsigned passes)
{
    (void)cap_bytes; /* a thin tensor, and weights */
    direct_plan *plan = out;
    plan->shape = shape;
    plan->thin_in = shape.out_channels % LANES == 0;
    plan->thin = plan->thin_in ? shape.in_channels : shape.out_channels;
    plan->thick = plan->thin_in ? shape.out_channels : shape.in_channels;
    SW_ENSURE(prepare_kernels(plan, call->cl, passes));

    size_t taps = taps_of(shape), border = (size_t)shape.kernel - 1;
    size_t head = passes & SW_BIT(SW_CONV_BACKWARD_WEIGHTS) ? larger(taps + 1, SEGMENTS * taps) : taps + 1;
    plan->padded_offset = align_floats(head * channel_pairs(shape));
    size_t padded_pixels =
        (size_t)shape.n * ((size_t)shape.h + border) * ((size_t)shape.w + border) + SLACK_PIXELS;
    *workspace_bytes = (plan->padded_offset + padded_pixels * (size_t)plan->thin) * sizeof(float);
    return SW_OK;
}

/* The thin tensor with its border, into the workspace. */
static sw_status pad(const direct_plan *plan, sw_call *call, cl_mem thin)
{
    size_t border = (size_t)plan->shape.kernel - 1;
    sw_ndrange range = sw_call_ndrange(call, ((size_t)plan->shape.w + border) * (size_t)plan->thin,
                                       (size_t)call->n * ((size_t)plan->shape.h + border), false);
    return SW_CALL_LAUNCH(call, plan->pad, range, SW_ARG(thin), SW_ARG(call->workspace),
                          SW_ARG(plan->padded_offset), SW_SIZE_ARGS(plan->shape));
}

static sw_status convolve(const void *prepared, sw_call *call, const sw_conv_product *c)
{
    const direct_plan *plan = prepared;
    sw_conv_shape s = plan->shape;
    int image_rows = call->n * s.h, item_rows = sw_divide_up_int(ITEM_PIXELS, s.w);
    sw_ndrange pack =
        sw_call_ndrange(call, (size_t)plan->thick, (taps_of(s) + 1) * (size_t)plan->thin, false);
    sw_ndrange range = lone_items(sw_divide_up_int(image_rows, item_rows), 1, 1);
    SW_ENSURE(SW_CALL_LAUNCH(call, plan->pack, pack, SW_ARG(call->param[0]), SW_ARG(call->workspace),
                             SW_ARG(c->flip)));
    if (c->pass == widening(plan)) {
        size_t elems = sw_conv_pixels(call) * (size_t)plan->thick;
        SW_ENSURE(pad(plan, call, c->from));
        SW_ENSURE(SW_CALL_LAUNCH(call, plan->widen, range, SW_ARG(call->workspace),
                                 SW_ARG(plan->padded_offset), SW_ARG(c->to), SW_SIZE_ARGS(s),
                                 SW_ARG(image_rows), SW_ARG(item_rows),
                                 SW_ARG((int)sw_call_put(call, elems, plan->thick, c->accumulate)),
                                 SW_EPILOGUE_ARGS(call->epilogue)));
    } else {
        SW_ENSURE(SW_CALL_LAUNCH(call, plan->narrow, range, SW_ARG(c->from), SW_ARG(call->workspace),
                                 SW_ARG(c->to), SW_SIZE_ARGS(s), SW_ARG(image_rows), SW_ARG(item_rows),
                                 SW_ARG(c->accumulate)));
    }
    return SW_OK;
}

static sw_status backward_weights(const void *prepared, sw_call *call)
{
    const direct_plan *plan = prepared;
    sw_conv_shape s = plan->shape;
    int image_rows = call->n * s.h;
    int segments, segment_rows = cut_segments(&segments, image_rows, SEGMENTS);
    sw_ndrange combine = sw_call_ndrange(call, (size_t)plan->thick, taps_of(s) * (size_t)plan->thin, false);
    SW_ENSURE(pad(plan, call, plan->thin_in ? call->in[0] : call->dout[0]));
    SW_ENSURE(SW_CALL_LAUNCH(call, plan->partial, lone_items(segments, 1, 1),
                             SW_ARG(plan->thin_in ? call->dout[0] : call->in[0]), SW_ARG(call->workspace),
                             SW_ARG(plan->padded_offset), SW_SIZE_ARGS(s), SW_ARG(image_rows),
                             SW_ARG(segment_rows)));
    return SW_CALL_LAUNCH(call, plan->combine, combine, SW_ARG(call->workspace), SW_ARG(call->dparam[0]),
                          SW_ARG(segments));
}

const sw_conv_engine sw_conv_engine_direct = {
    .name = "direct",
    .choice = SW_CONV_DIRECT,
    .takes_bfloat16 = true,
    .takes_epilogue = true,
    .supports = supports,
    .plan_bytes = sizeof(direct_plan),
    .prepare = prepare,
    .convolve = convolve,
    .backward_weights = backward_weights,
};
