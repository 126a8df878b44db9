/* What all engines share: how one is prepared and run, and the launches that several make. */
#include "conv_engine.h"

#include <stdio.h>
#include <stdlib.h>

sw_status sw_conv_plan_create(void **plan, size_t *workspace_bytes, const sw_conv_engine *engine,
                              sw_call *call, sw_conv_shape shape, size_t cap_bytes, unsigned passes)
{
    *workspace_bytes = 0;
    *plan = calloc(1, engine->plan_bytes);
    if (!*plan) return sw_fail_alloc("a convolution", engine->plan_bytes);
    return engine->prepare(*plan, workspace_bytes, call, shape, cap_bytes, passes);
}

sw_status sw_conv_run(const sw_conv_engine *engine, const void *plan, sw_call *call, sw_conv_pass pass)
{
    const sw_conv_product forward = {.pass = pass, .from = call->in[0], .to = call->out[0]},
                          data = {.pass = pass,
                                  .from = call->dout[0],
                                  .to = call->din[0],
                                  .flip = true,
                                  .accumulate = call->accumulate[0]};
    if (pass == SW_CONV_BACKWARD_WEIGHTS) return engine->backward_weights(plan, call);
    return engine->convolve(plan, call, pass == SW_CONV_FORWARD ? &forward : &data);
}

sw_status sw_conv_helper(const sw_kernel **kernel, const sw_call *call, sw_conv_shape shape, int channels,
                         const char *name)
{
    char options[64];
    snprintf(options, sizeof options, "-DKERNEL=%d -DVEC=%d", shape.kernel, sw_call_vec(call, channels));
    return sw_kernel_get(kernel, call->cl, "conv2d", name, options);
}

sw_status sw_conv_flip(sw_call *call, const sw_kernel *kernel, sw_conv_shape s, size_t offset)
{
    sw_ndrange range =
        sw_call_ndrange(call, (size_t)s.in_channels, taps_of(s) * (size_t)s.out_channels, false);
    return SW_CALL_LAUNCH(call, kernel, range, SW_ARG(call->param[0]), SW_ARG(call->workspace),
                          SW_ARG(offset), SW_ARG((uint32_t)s.out_channels));
}

sw_conv_shape sw_conv_shape_of(const sw_conv_layer *layer, int n)
{
    return (sw_conv_shape){.n = n,
                           .h = layer->height,
                           .w = layer->width,
                           .in_channels = layer->in_channels,
                           .out_channels = layer->out_channels,
                           .kernel = layer->kernel};
}
