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

void sw_conv_window_options(char text[SW_CONV_WINDOW_OPTIONS_BYTES], sw_conv_window w)
{
    int length = snprintf(text, SW_CONV_WINDOW_OPTIONS_BYTES, "-DKERNEL=%d", w.kernel);
    if (w.stride == 1 && w.dilation == 1) return;
    snprintf(text + length, SW_CONV_WINDOW_OPTIONS_BYTES - (size_t)length, " -DSTRIDE=%d -DDILATION=%d%s",
             w.stride, w.dilation, w.back && w.stride > 1 ? " -DBACK=1" : "");
}

static sw_status helper(const sw_kernel **kernel, const sw_call *call, sw_conv_window window, int channels,
                        const char *storage, const char *name)
{
    char seen[SW_CONV_WINDOW_OPTIONS_BYTES], options[SW_CONV_WINDOW_OPTIONS_BYTES + SW_STORAGE_BYTES + 16];
    sw_conv_window_options(seen, window);
    snprintf(options, sizeof options, "%s -DVEC=%d%s", seen, sw_call_vec(call, channels), storage);
    return sw_kernel_get(kernel, call->cl, "conv2d", name, options);
}

sw_status sw_conv_window_helper(const sw_kernel **kernel, const sw_call *call, sw_conv_window window,
                                int channels, const char *name)
{
    return helper(kernel, call, window, channels, "", name);
}

sw_status sw_conv_helper(const sw_kernel **kernel, const sw_call *call, sw_conv_shape shape, int channels,
                         const char *name)
{
    const sw_conv_window plain = {.kernel = shape.kernel, .stride = 1, .dilation = 1};
    char storage[SW_STORAGE_BYTES];
    sw_storage_options(storage, SW_F32, shape.y_type);
    return helper(kernel, call, plain, channels, storage, name);
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
    const sw_conv_layer l = sw_conv_layer_whole(layer);
    return (sw_conv_shape){.n = n,
                           .h = l.height,
                           .w = l.width,
                           .in_channels = l.in_channels,
                           .out_channels = l.out_channels,
                           .kernel = l.kernel,
                           .stride = l.stride,
                           .dilation = l.dilation,
                           .out_h = sw_divide_up_int(l.height, l.stride),
                           .out_w = sw_divide_up_int(l.width, l.stride)};
}

sw_conv_window sw_conv_window_of(sw_conv_shape s, sw_conv_pass pass)
{
    return (sw_conv_window){.kernel = s.kernel,
                            .stride = s.stride,
                            .dilation = s.dilation,
                            .back = pass == SW_CONV_BACKWARD_DATA};
}

int sw_conv_phases(sw_conv_shape s, sw_conv_pass pass)
{
    return pass == SW_CONV_BACKWARD_DATA ? s.stride * s.stride : 1;
}

/* How many of `side` pixels leave that rest. */
static int count_of_rest(int side, int rest, int stride)
{
    return side > rest ? sw_divide_up_int(side - rest, stride) : 0;
}

sw_conv_grid sw_conv_grid_of(sw_conv_shape s, sw_conv_pass pass, int phase)
{
    if (pass == SW_CONV_FORWARD)
        return (sw_conv_grid){
            .h = s.out_h, .w = s.out_w, .from_h = s.h, .from_w = s.w, .to_h = s.out_h, .to_w = s.out_w};
    return (sw_conv_grid){.h = count_of_rest(s.h, phase / s.stride, s.stride),
                          .w = count_of_rest(s.w, phase % s.stride, s.stride),
                          .from_h = s.out_h,
                          .from_w = s.out_w,
                          .to_h = s.h,
                          .to_w = s.w,
                          .phase = phase};
}

void sw_conv_storage_options(char text[SW_STORAGE_BYTES], sw_conv_shape s, sw_conv_pass pass)
{
    const bool back = pass == SW_CONV_BACKWARD_DATA;
    sw_storage_options(text, back ? s.y_type : s.x_type, back ? s.x_type : s.y_type);
}

sw_conv_layer sw_conv_layer_from(const sw_conv2d_attrs *attrs, sw_shape x)
{
    const sw_conv_layer layer = {.kernel = attrs->kernel,
                                 .in_channels = x.c,
                                 .out_channels = attrs->out_channels,
                                 .height = x.h,
                                 .width = x.w,
                                 .stride = attrs->stride,
                                 .dilation = attrs->dilation};
    return sw_conv_layer_whole(&layer);
}

sw_conv_layer sw_conv_layer_whole(const sw_conv_layer *layer)
{
    sw_conv_layer whole = *layer;
    if (!whole.stride) whole.stride = 1;
    if (!whole.dilation || whole.kernel == 1) whole.dilation = 1;
    return whole;
}

void sw_conv_window_print(char text[SW_CONV_WINDOW_BYTES], int kernel, int stride, int dilation)
{
    int length = snprintf(text, SW_CONV_WINDOW_BYTES, "%dx%d", kernel, kernel);
    if (stride > 1) length += snprintf(text + length, SW_CONV_WINDOW_BYTES - (size_t)length, "/%d", stride);
    if (dilation > 1 && kernel > 1)
        snprintf(text + length, SW_CONV_WINDOW_BYTES - (size_t)length, " dilated %d", dilation);
}
