/* scale: a factor for each channel of each image. One pass over memory gives both gradients: the one of x,
 * which may take the place of the output's, and the chunks that the factor's is summed from. */
#include <stdio.h>
#include <stdlib.h>

#include "image_sum.h"
#include "ops/ops.h"
#include "storage_options.h"

typedef struct scale {
    sw_image_sum sum;
    const sw_kernel *forward, *backward;
} scale;

static sw_status scale_infer(sw_graph *graph, sw_node *node)
{
    const sw_value *x = sw_node_input(graph, node, 0), *factor = sw_node_input(graph, node, 1);
    const sw_shape a = x->shape, s = factor->shape;
    for (int i = 0; i < node->input_count; i++) {
        const sw_value *value = sw_node_input(graph, node, i);
        if (value->dtype != SW_F32) return sw_node_fail(node, "'%s' does not hold floats", value->name);
    }
    if (!sw_shape_equal(s, (sw_shape){a.n, 1, 1, a.c}))
        return sw_node_fail(node,
                            "'%s' of shape (%d,%d,%d,%d) must have shape (%d,1,1,%d): a factor for each "
                            "channel of each image of '%s', which has shape (%d,%d,%d,%d)",
                            factor->name, s.n, s.h, s.w, s.c, a.n, a.c, x->name, a.n, a.h, a.w, a.c);
    SW_ENSURE(sw_node_add_output(graph, node, NULL, SW_F32, a));
    node->workspace_bytes = sw_image_sum_workspace_bytes(a);
    return SW_OK;
}

static sw_status scale_prepare(sw_call *call)
{
    scale *s = calloc(1, sizeof *s);
    if (!s) return sw_fail_alloc("scale", sizeof *s);
    call->prepared = s;
    SW_ENSURE(sw_image_sum_init(&s->sum, call, sw_call_in_shape(call, 0).c, SW_F32));
    char options[32], storage[SW_STORAGE_BYTES];
    sw_storage_of(storage, call, false);
    snprintf(options, sizeof options, "-DVEC=%d%s", s->sum.vec, storage);
    SW_ENSURE(sw_kernel_get(&s->forward, call->cl, "scale", "scale_fwd", options));
    return sw_kernel_get(&s->backward, call->cl, "scale", "scale_bwd", options);
}

static sw_status scale_forward(sw_call *call)
{
    const scale *s = call->prepared;
    const sw_shape x = sw_call_in_shape(call, 0);
    sw_put put = sw_call_put(call, sw_shape_elems(x), x.c, false);
    if (call->out[0] == call->in[0]) put = SW_PUT_PLAIN; /* the caches have it */
    return SW_CALL_LAUNCH(call, s->forward,
                          sw_call_ndrange(call, (size_t)(x.c / s->sum.vec), sw_shape_pixels(x), false),
                          SW_ARG(call->in[0]), SW_ARG(call->in[1]), SW_ARG(call->out[0]),
                          SW_ARG(sw_image_chunks_of(x).pixels), SW_ARG((int)put));
}

/* The factor's gradient is written last: where x and the factor are the same value, it adds to that of x. */
static sw_status scale_backward(sw_call *call)
{
    const scale *s = call->prepared;
    const sw_shape x = sw_call_in_shape(call, 0);
    const sw_image_chunks k = sw_image_chunks_of(x);
    const cl_mem dx = call->din[0] ? call->din[0] : call->dout[0]; /* not written to, with NOT */
    sw_put put = call->din[0] ? sw_call_put(call, sw_shape_elems(x), x.c, call->accumulate[0]) : SW_PUT_NOT;
    if (put == SW_PUT_STREAM) put = SW_PUT_PLAIN; /* an item writes one vector of a pixel after another */
    SW_ENSURE(SW_CALL_LAUNCH(
        call, s->backward,
        sw_call_ndrange(call, (size_t)(x.c / s->sum.vec), (size_t)x.n * (size_t)k.chunks, true),
        SW_ARG(call->in[0]), SW_ARG(call->in[1]), SW_ARG(call->dout[0]), SW_ARG(dx), SW_ARG(call->workspace),
        SW_ARG(k.pixels), SW_ARG(k.chunk_pixels), SW_ARG(k.chunks), SW_ARG((int)put)));
    if (!call->din[1]) return SW_OK;
    return sw_image_sum_combine(call, &s->sum, x, call->din[1], 1.0f, call->accumulate[1]);
}

const sw_op sw_op_scale = {
    .name = "scale",
    .help = "a factor for each channel of each image",
    .family = SW_FAMILY_PRODUCT,
    .input_count = 2,
    .output_count = 1,
    .infer = scale_infer,
    .backward_reads_inputs = SW_BIT(0) | SW_BIT(1),
    .gives_gradient = SW_BIT(0) | SW_BIT(1),
    .recomputes = SW_BIT(0),
    .gradient_in_place = true,
    .takes_bfloat16 = true,
    .forward_in_place = true,
    .prepare = scale_prepare,
    .forward = scale_forward,
    .recompute = scale_forward,
    .backward = scale_backward,
    .release = sw_call_free_prepared,
};
