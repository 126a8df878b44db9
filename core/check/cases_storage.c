/* Cases with activations as bfloat16: each kernel that loads and stores them, with whole vectors of channels
 * and with none; and those of the engine that rounds what it multiplies to bfloat16. */
#include "cases.h"

#define KEPT(size_, op_, attrs_, n, h, w, c, fill_)                                                          \
    OP_WITH(size_, op_, attrs_, n, h, w, c, fill_, .bfloat16 = true)
#define CONV(size_, engine_, n, h, w, c, out_, kernel_, stride_, bias_, fill_)                               \
    KEPT(size_, conv2d,                                                                                      \
         (&(const sw_conv2d_attrs){.out_channels = out_,                                                     \
                                   .kernel = kernel_,                                                        \
                                   .stride = stride_,                                                        \
                                   .bias = bias_,                                                            \
                                   .engine = SW_CONV_##engine_,                                              \
                                   .workspace_cap_bytes = 1 << 20}),                                         \
         n, h, w, c, fill_)
#define AMX(size_, n, h, w, c, out_, kernel_, dilation_, bias_, fill_, ...)                                  \
    OP_WITH(size_, conv2d,                                                                                   \
            (&(const sw_conv2d_attrs){.out_channels = out_,                                                  \
                                      .kernel = kernel_,                                                     \
                                      .dilation = dilation_,                                                 \
                                      .bias = bias_,                                                         \
                                      .engine = SW_CONV_AMX,                                                 \
                                      .workspace_cap_bytes = 1 << 20}),                                      \
            n, h, w, c, fill_, .rounded = true, __VA_ARGS__)
#define NORM(size_, n, h, w, c, relu_, fill_)                                                                \
    KEPT(size_, batchnorm, (&(const sw_batchnorm_attrs){.eps = 1e-5f, .momentum = 0.1f, .relu = relu_}), n,  \
         h, w, c, fill_)
#define GROUPS(size_, n, h, w, c, groups_, fill_)                                                            \
    KEPT(size_, group_norm, (&(const sw_group_norm_attrs){.groups = groups_, .eps = 1e-5f, .relu = true}),   \
         n, h, w, c, fill_)

static const sw_check_case cases[] = {
    CONV(TINY, AUTO, 1, 4, 4, 16, 16, 3, 1, false, UNIFORM),
    CONV(QUICK, AUTO, 2, 7, 31, 32, 48, 3, 1, false, UNIFORM),
    CONV(QUICK, AUTO, 2, 7, 31, 32, 48, 3, 1, false, INTEGERS),
    CONV(QUICK, AUTO, 2, 9, 9, 3, 64, 3, 1, false, UNIFORM),
    CONV(QUICK, AUTO, 2, 9, 9, 64, 3, 3, 1, false, UNIFORM),
    CONV(QUICK, GEMM, 2, 7, 9, 17, 33, 5, 1, false, UNIFORM),
    CONV(QUICK, GEMM, 2, 7, 9, 32, 16, 1, 1, true, UNIFORM),
    CONV(QUICK, TILE, 2, 7, 9, 17, 33, 3, 1, true, UNIFORM),
    CONV(QUICK, TILE, 2, 9, 7, 32, 64, 3, 2, false, UNIFORM),
    CONV(QUICK, WINOGRAD_TILE, 2, 7, 9, 32, 64, 3, 1, false, UNIFORM),
    AMX(TINY, 1, 2, 3, 16, 16, 3, 1, false, UNIFORM, .bfloat16 = true),
    AMX(QUICK, 2, 7, 31, 16, 48, 3, 1, true, UNIFORM, .bfloat16 = false),
    AMX(QUICK, 2, 7, 31, 32, 48, 3, 1, false, UNIFORM, .bfloat16 = true),
    AMX(QUICK, 3, 9, 17, 80, 96, 1, 1, false, UNIFORM, .bfloat16 = true),
    AMX(QUICK, 2, 9, 7, 48, 32, 5, 2, false, UNIFORM, .bfloat16 = true),
    AMX(QUICK, 1, 1, 1, 16, 16, 3, 1, false, UNIFORM, .bfloat16 = false),
    AMX(QUICK, 2, 33, 33, 64, 64, 3, 1, false, UNIFORM, .bfloat16 = true),
    AMX(FULL, 12, 128, 128, 64, 64, 3, 1, false, UNIFORM, .bfloat16 = true), /* several blocks of images */
    AMX(FULL, 12, 16, 16, 512, 512, 3, 1, false, UNIFORM, .bfloat16 = true),
    NORM(TINY, 1, 2, 3, 16, true, UNIFORM),
    NORM(QUICK, 2, 7, 31, 17, false, UNIFORM),
    NORM(QUICK, 2, 7, 31, 64, true, SHIFTED),
    GROUPS(QUICK, 2, 7, 31, 48, 6, UNIFORM),
    KEPT(TINY, max_pool, NULL, 1, 4, 4, 16, TIES),
    KEPT(QUICK, max_pool, NULL, 2, 7, 31, 17, TIES),
    KEPT(QUICK, max_pool, (&(const sw_max_pool_attrs){.kernel = 3, .stride = 2, .padding = 1}), 2, 7, 31, 32,
         NANS),
    KEPT(QUICK, max_unpool, (&(const sw_doubled_attrs){15, 15}), 2, 7, 7, 32, UNIFORM),
    KEPT(QUICK, average_pool, NULL, 2, 7, 31, 17, UNIFORM),
    KEPT(QUICK, upsample, (&(const sw_doubled_attrs){15, 15}), 2, 7, 7, 32, NANS),
    KEPT(QUICK, bilinear, (&(const sw_bilinear_attrs){.height = 14, .width = 14}), 2, 7, 7, 32, UNIFORM),
    KEPT(QUICK, bilinear, (&(const sw_bilinear_attrs){.height = 10, .width = 5}), 2, 7, 7, 17, UNIFORM),
    KEPT(TINY, relu, NULL, 1, 2, 2, 16, UNIFORM),
    KEPT(QUICK, silu, NULL, 2, 7, 7, 17, UNIFORM),
    KEPT(QUICK, dropout, (&(const sw_dropout_attrs){.rate = 0.3f}), 2, 7, 7, 17, UNIFORM),
    KEPT(QUICK, add, (&(const sw_add_attrs){.relu = true}), 2, 7, 7, 17, UNIFORM),
    KEPT(QUICK, concat, NULL, 2, 7, 7, 32, UNIFORM),
    KEPT(QUICK, depthwise_conv2d, (&(const sw_depthwise_conv2d_attrs){.kernel = 3}), 2, 7, 31, 32, UNIFORM),
};

const sw_check_cases sw_cases_storage = CASE_LIST(cases);
