/* Which engines there are, and the fixed order among them. */
#include "conv_engine.h"

const sw_conv_engine *const sw_conv_engines[] = {
    &sw_conv_engine_amx,          &sw_conv_engine_winograd, &sw_conv_engine_winograd_tile,
    &sw_conv_engine_winograd_2x2, &sw_conv_engine_direct,   &sw_conv_engine_gemm,
    &sw_conv_engine_tile,         &sw_conv_engine_clblast,  NULL};

const sw_conv_engine *sw_conv_engine_of(sw_conv_choice choice)
{
    const sw_conv_engine *const *engine = sw_conv_engines;
    while (*engine && (*engine)->choice != choice) engine++;
    return *engine;
}

static bool supports(const sw_conv_engine *engine, const sw_cl *cl, sw_conv_shape shape, sw_conv_pass pass)
{
    const bool narrow = shape.x_type == SW_BF16 || shape.y_type == SW_BF16;
    return (engine->takes_bfloat16 || !narrow) && engine->supports(cl, shape, pass);
}

bool sw_conv_engine_suits(const sw_conv_engine *engine, const sw_cl *cl, sw_conv_choice from,
                          sw_conv_shape shape, sw_conv_pass pass)
{
    if (engine->by_name_on_cpus && from != engine->choice && sw_cl_device(cl)->type == CL_DEVICE_TYPE_CPU)
        return false;
    return supports(engine, cl, shape, pass);
}

const sw_conv_engine *sw_conv_engine_fixed(const sw_cl *cl, sw_conv_choice from, sw_conv_shape shape,
                                           sw_conv_pass pass)
{
    const sw_conv_engine *const *engine = sw_conv_engines;
    if (from != SW_CONV_AUTO)
        while ((*engine)->choice != from) engine++;
    while (*engine && !sw_conv_engine_suits(*engine, cl, from, shape, pass)) engine++;
    return *engine ? *engine : sw_conv_engine_fixed(cl, SW_CONV_AUTO, shape, pass);
}

const sw_conv_engine *sw_conv_engine_exact(const sw_cl *cl, sw_conv_shape shape, sw_conv_pass pass)
{
    const sw_conv_engine *const *engine = sw_conv_engines;
    while ((*engine)->coarse || !supports(*engine, cl, shape, pass)) engine++;
    return *engine;
}
