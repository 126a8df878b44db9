#include "winograd_tiles.h"

/* SPAN_PARAMETERS of the kernels. */
#define SPAN_ARGS(s) SW_ARG((s).first), SW_ARG((s).count), SW_ARG((s).all)

winograd_tiles winograd_tiles_of(sw_conv_shape s, int side)
{
    return (winograd_tiles){.side = side,
                            .places = (side + 2) * (side + 2),
                            .h = s.h,
                            .w = s.w,
                            .across = sw_divide_up_int(s.w, side),
                            .down = sw_divide_up_int(s.h, side)};
}

size_t winograd_lay_out(winograd_tiles *t, sw_conv_shape shape, size_t weight_floats)
{
    size_t block_floats = (size_t)t->places * (size_t)t->block * more_channels(shape);
    t->v_offset = align_floats(weight_floats);
    t->m_offset = t->v_offset + align_floats(block_floats);
    return (t->m_offset + block_floats) * sizeof(float);
}

sw_status winograd_transform(const winograd_tiles *t, sw_call *call, const sw_kernel *kernel,
                             sw_ndrange range, cl_mem image, size_t offset, winograd_span channels,
                             sw_conv_block b)
{
    return SW_CALL_LAUNCH(call, kernel, range, SW_ARG(image), SW_ARG(call->workspace), SW_ARG(offset),
                          SPAN_ARGS(channels), SW_ARG((int)b.first), SW_ARG(t->block), SW_SIZE_ARGS(*t),
                          SW_ARG(t->across), SW_ARG(t->down));
}

sw_status winograd_output(const winograd_tiles *t, sw_call *call, const sw_kernel *kernel, sw_ndrange range,
                          cl_mem to, winograd_span channels, sw_conv_block b, sw_put put)
{
    return SW_CALL_LAUNCH(call, kernel, range, SW_ARG(to), SW_ARG(call->workspace), SW_ARG(t->m_offset),
                          SPAN_ARGS(channels), SW_ARG((int)b.first), SW_ARG(t->block), SW_SIZE_ARGS(*t),
                          SW_ARG(t->across), SW_ARG(t->down), SW_ARG((int)put),
                          SW_EPILOGUE_ARGS(call->epilogue));
}
