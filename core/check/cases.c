/* What is checked, and at which shapes. Sizes of 1, 7, 31 and 33 leave every kind of rest to a kernel that
 * works in twos, eights or sixteens; 1, 3 and 17 channels have no whole vector, 16 and 64 have nothing else.
 */
#include "cases.h"

#include <string.h>

#define CONV(size_, engine_, n, h, w, c, out_, kernel_, bias_, cap_, fill_)                                  \
    OP(size_, conv2d,                                                                                        \
       (&(const sw_conv2d_attrs){.out_channels = out_,                                                       \
                                 .kernel = kernel_,                                                          \
                                 .bias = bias_,                                                              \
                                 .engine = SW_CONV_##engine_,                                                \
                                 .workspace_cap_bytes = cap_}),                                              \
       n, h, w, c, fill_, false)
#define DEPTHWISE(size_, n, h, w, c, kernel_, fill_)                                                         \
    OP(size_, depthwise_conv2d, (&(const sw_depthwise_conv2d_attrs){.kernel = kernel_}), n, h, w, c, fill_,  \
       false)
#define NORM(size_, n, h, w, c, relu_, fill_, evaluate_)                                                     \
    OP(size_, batchnorm, (&(const sw_batchnorm_attrs){.eps = 1e-5f, .momentum = 0.1f, .relu = relu_}), n, h, \
       w, c, fill_, evaluate_)
#define UNPOOL(size_, n, h, w, c, height_, width_, fill_)                                                    \
    OP(size_, max_unpool, (&(const sw_doubled_attrs){height_, width_}), n, h, w, c, fill_, false)
#define UPSAMPLE(size_, n, h, w, c, height_, width_, fill_)                                                  \
    OP(size_, upsample, (&(const sw_doubled_attrs){height_, width_}), n, h, w, c, fill_, false)
#define GEMM(size_, transposes, m, n, k, beta_, embedded_, fill_)                                            \
    {                                                                                                        \
        .subject = "gemm", .size = size_, .gemm = &(const sw_gemm_case)                                      \
        {                                                                                                    \
            (transposes) & 2, (transposes)&1, m, n, k, beta_, embedded_, SW_FILL_##fill_                     \
        }                                                                                                    \
    }
#define UPDATE(size_, kind_, decay_, momentum_, nesterov_, lr_, steps_, channels_)                           \
    {                                                                                                        \
        .subject = "optimizer", .size = size_, .optimizer = &(const sw_optimizer_case)                       \
        {                                                                                                    \
            .kind = SW_OPT_##kind_, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .weight_decay = decay_,       \
            .momentum = momentum_, .nesterov = nesterov_, .lr = lr_, .steps = steps_, .channels = channels_  \
        }                                                                                                    \
    }
#define GROUPS(size_, kind_, decay_, momentum_, lr_, steps_, channels_)                                      \
    {                                                                                                        \
        .subject = "optimizer", .size = size_, .optimizer = &(const sw_optimizer_case)                       \
        {                                                                                                    \
            .kind = SW_OPT_##kind_, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .weight_decay = decay_,       \
            .momentum = momentum_, .lr = lr_, .steps = steps_, .channels = channels_, .factors = true        \
        }                                                                                                    \
    }
#define GRADIENTS(size_, factor_, clip_norm_, blocks_)                                                       \
    {                                                                                                        \
        .subject = "gradients", .size = size_, .gradients = &(const sw_gradients_case)                       \
        {                                                                                                    \
            factor_, clip_norm_, blocks_                                                                     \
        }                                                                                                    \
    }
#define AVERAGES(size_, decay_, updates_, blocks_)                                                           \
    {                                                                                                        \
        .subject = "averages", .size = size_, .averages = &(const sw_averages_case)                          \
        {                                                                                                    \
            decay_, updates_, blocks_                                                                        \
        }                                                                                                    \
    }
#define METRICS(size_, n, h, w, c, ignore_, fill_)                                                           \
    {                                                                                                        \
        .subject = "metrics", .size = size_, .metrics = &(const sw_metrics_case)                             \
        {                                                                                                    \
            {n, h, w, c}, ignore_, SW_FILL_##fill_                                                           \
        }                                                                                                    \
    }

enum { KIB = 1 << 10, MIB = 1 << 20 };

static const sw_check_case products[] = {
    /* transposes: 0 A B, 1 A B', 2 A' B, 3 A' B' */
    GEMM(TINY, 0, 3, 5, 4, 0, true, INTEGERS), GEMM(TINY, 2, 5, 3, 4, 1, false, UNIFORM),
    GEMM(QUICK, 0, 1, 1, 1, 0, false, UNIFORM), GEMM(QUICK, 0, 31, 33, 17, 0, true, INTEGERS),
    GEMM(QUICK, 1, 31, 33, 17, 1, true, INTEGERS), GEMM(QUICK, 2, 31, 33, 17, 1, true, INTEGERS),
    GEMM(QUICK, 3, 31, 33, 17, 0, true, INTEGERS), GEMM(QUICK, 0, 128, 64, 576, 0, false, UNIFORM),
    GEMM(QUICK, 0, 129, 17, 147, 1, false, UNIFORM), GEMM(QUICK, 2, 147, 17, 1031, 1, false, UNIFORM),
    GEMM(FULL, 0, 16384, 64, 576, 0, false, UNIFORM), GEMM(FULL, 0, 1024, 256, 2304, 0, false, INTEGERS),
    GEMM(FULL, 2, 576, 64, 16384, 1, false, UNIFORM),

    CONV(TINY, CLBLAST, 1, 3, 3, 2, 3, 3, true, KIB, INTEGERS),
    CONV(TINY, CLBLAST, 1, 2, 3, 16, 16, 1, true, KIB, UNIFORM),
    CONV(TINY, GEMM, 1, 3, 2, 16, 3, 3, false, KIB, INTEGERS),
    CONV(TINY, GEMM, 1, 2, 3, 3, 32, 3, false, KIB, UNIFORM),
    CONV(TINY, GEMM, 1, 3, 3, 16, 32, 1, false, KIB, INTEGERS),
    CONV(TINY, GEMM, 1, 2, 2, 5, 6, 3, false, KIB, INTEGERS),
    CONV(TINY, TILE, 1, 2, 3, 3, 5, 3, false, KIB, UNIFORM),
    CONV(TINY, TILE, 1, 3, 2, 4, 4, 1, false, KIB, INTEGERS),
    CONV(TINY, DIRECT, 1, 3, 2, 3, 16, 3, false, KIB, UNIFORM),
    CONV(TINY, DIRECT, 1, 2, 3, 16, 3, 3, false, KIB, INTEGERS),
    CONV(TINY, WINOGRAD, 1, 2, 5, 16, 16, 3, false, KIB, UNIFORM),
    CONV(TINY, WINOGRAD_TILE, 1, 2, 5, 16, 16, 3, false, KIB, UNIFORM),
    CONV(TINY, WINOGRAD_2X2, 1, 2, 3, 16, 16, 3, false, KIB, UNIFORM),
    CONV(QUICK, CLBLAST, 1, 1, 1, 1, 1, 3, false, KIB, UNIFORM),
    CONV(QUICK, CLBLAST, 2, 7, 31, 16, 17, 3, false, MIB, UNIFORM),
    CONV(QUICK, CLBLAST, 2, 7, 31, 16, 17, 3, false, MIB, INTEGERS),
    CONV(QUICK, CLBLAST, 3, 1, 7, 3, 16, 5, true, MIB, UNIFORM),
    CONV(QUICK, CLBLAST, 2, 33, 31, 3, 64, 3, false, 64 * KIB, INTEGERS), /* in bands, the last one shorter */
    CONV(QUICK, CLBLAST, 1, 31, 33, 17, 3, 7, true, MIB, UNIFORM),
    CONV(QUICK, CLBLAST, 2, 7, 7, 64, 64, 1, true, MIB, INTEGERS),
    CONV(QUICK, CLBLAST, 1, 33, 33, 64, 16, 3, true, MIB, INTEGERS),
    /* bands of 256 pixels: the batch of two is one of 250, which needs more padding than 256 and 119 do */
    CONV(QUICK, CLBLAST, 2, 5, 25, 64, 64, 1, false, 64 * KIB, INTEGERS),
    CONV(QUICK, GEMM, 2, 7, 31, 16, 17, 3, false, MIB, UNIFORM),
    CONV(QUICK, GEMM, 2, 7, 31, 16, 17, 3, false, MIB, INTEGERS),
    CONV(QUICK, GEMM, 3, 1, 7, 3, 16, 5, true, MIB, UNIFORM),
    CONV(QUICK, GEMM, 2, 33, 31, 3, 64, 3, false, 64 * KIB, UNIFORM),
    CONV(QUICK, GEMM, 2, 33, 31, 3, 64, 3, false, 64 * KIB, INTEGERS),
    CONV(QUICK, GEMM, 1, 31, 33, 48, 3, 7, true, MIB, UNIFORM),
    CONV(QUICK, GEMM, 2, 7, 7, 64, 80, 1, true, MIB, INTEGERS),
    CONV(QUICK, GEMM, 1, 33, 33, 64, 16, 3, true, MIB, INTEGERS),
    CONV(QUICK, GEMM, 1, 1, 1, 16, 16, 3, false, MIB, INTEGERS),
    CONV(QUICK, GEMM, 2, 33, 17, 66, 16, 3, false, MIB, INTEGERS),
    CONV(QUICK, GEMM, 2, 33, 17, 32, 102, 1, false, MIB, INTEGERS),
    CONV(QUICK, GEMM, 2, 33, 31, 80, 48, 1, false, MIB, UNIFORM), /* several chunks of pixels a segment */
    CONV(QUICK, GEMM, 1, 1, 1, 1, 1, 3, false, MIB, UNIFORM), /* channels that fill no vector, from here on */
    CONV(QUICK, GEMM, 2, 13, 9, 17, 17, 3, true, MIB, UNIFORM),
    CONV(QUICK, GEMM, 2, 17, 16, 24, 40, 3, false, MIB, INTEGERS),
    CONV(QUICK, GEMM, 2, 17, 16, 72, 24, 3, false, MIB, UNIFORM),
    CONV(QUICK, GEMM, 3, 9, 7, 5, 7, 1, false, MIB, INTEGERS),
    CONV(QUICK, GEMM, 2, 33, 31, 12, 20, 1, true, MIB, UNIFORM),
    CONV(QUICK, GEMM, 1, 7, 5, 9, 3, 5, false, MIB, INTEGERS),
    CONV(QUICK, TILE, 1, 1, 1, 1, 1, 3, false, KIB, UNIFORM),
    CONV(QUICK, TILE, 2, 7, 31, 16, 17, 3, false, MIB, INTEGERS),
    CONV(QUICK, TILE, 2, 33, 31, 3, 64, 3, true, MIB, UNIFORM), /* the larger tiles, several segments */
    CONV(QUICK, TILE, 2, 33, 31, 3, 64, 3, false, 16 * KIB, INTEGERS), /* two segments fit the cap */
    CONV(QUICK, TILE, 2, 33, 33, 64, 3, 3, false, MIB, UNIFORM),
    CONV(QUICK, TILE, 1, 17, 33, 17, 24, 7, true, MIB, UNIFORM),
    CONV(QUICK, TILE, 3, 1, 7, 20, 66, 5, true, MIB, UNIFORM),
    CONV(QUICK, TILE, 2, 7, 7, 64, 64, 1, true, MIB, INTEGERS),
    CONV(QUICK, TILE, 1, 31, 33, 36, 66, 3, false, MIB, UNIFORM),
    CONV(QUICK, TILE, 2, 33, 33, 128, 128, 1, false, MIB, UNIFORM), /* the largest tiles, where a device */
    CONV(QUICK, TILE, 2, 33, 17, 32, 64, 3, false, MIB, INTEGERS),  /* with few compute units takes them */
    CONV(QUICK, DIRECT, 1, 1, 1, 3, 16, 3, false, MIB, UNIFORM),
    CONV(QUICK, DIRECT, 2, 7, 31, 3, 64, 3, true, MIB, INTEGERS),
    CONV(QUICK, DIRECT, 2, 33, 31, 3, 64, 3, false, MIB, UNIFORM),
    CONV(QUICK, DIRECT, 2, 31, 33, 64, 3, 3, true, MIB, UNIFORM),
    CONV(QUICK, DIRECT, 2, 33, 7, 64, 3, 3, false, MIB, INTEGERS),
    CONV(QUICK, DIRECT, 3, 1, 7, 1, 32, 5, true, MIB, UNIFORM),
    CONV(QUICK, DIRECT, 1, 31, 33, 48, 2, 7, true, MIB, UNIFORM),
    CONV(QUICK, DIRECT, 2, 7, 7, 4, 80, 7, false, MIB, INTEGERS),
    CONV(QUICK, DIRECT, 1, 33, 17, 16, 4, 3, true, MIB, INTEGERS),
    CONV(QUICK, DIRECT, 2, 31, 7, 1, 32, 3, true, MIB, INTEGERS),
    CONV(QUICK, DIRECT, 2, 7, 31, 32, 1, 1, true, MIB, UNIFORM),
    CONV(QUICK, WINOGRAD, 1, 1, 1, 16, 16, 3, false, MIB, UNIFORM),
    CONV(QUICK, WINOGRAD, 2, 7, 31, 16, 48, 3, true, MIB, UNIFORM),
    CONV(QUICK, WINOGRAD, 3, 31, 7, 64, 16, 3, false, MIB, UNIFORM),
    CONV(QUICK, WINOGRAD, 2, 33, 33, 32, 32, 3, false, MIB, INTEGERS),
    CONV(QUICK, WINOGRAD, 2, 25, 23, 48, 64, 3, false, MIB,
         UNIFORM), /* several groups of tiles, the last one shorter */
    CONV(QUICK, WINOGRAD, 2, 31, 33, 80, 96, 3, false, MIB, UNIFORM), /* blocks of channels, partly filled */
    CONV(QUICK, WINOGRAD, 2, 13, 9, 144, 176, 3, true, MIB, UNIFORM), /* too many weights for one kernel */
    CONV(QUICK, WINOGRAD, 1, 9, 6, 400, 400, 3, false, MIB,
         INTEGERS), /* weights in two blocks, one smaller */
    CONV(QUICK, WINOGRAD_TILE, 1, 1, 1, 16, 16, 3, false, MIB, UNIFORM),
    CONV(QUICK, WINOGRAD_TILE, 2, 7, 31, 16, 48, 3, true, MIB, UNIFORM),
    CONV(QUICK, WINOGRAD_TILE, 3, 33, 31, 64, 16, 3, false, MIB, UNIFORM),       /* two blocks of tiles */
    CONV(QUICK, WINOGRAD_TILE, 2, 33, 33, 32, 32, 3, false, 64 * MIB, INTEGERS), /* several segments */
    CONV(QUICK, WINOGRAD_TILE, 2, 13, 9, 144, 128, 3, true, MIB, UNIFORM),
    CONV(QUICK, WINOGRAD_2X2, 1, 1, 1, 16, 16, 3, false, MIB, UNIFORM),
    CONV(QUICK, WINOGRAD_2X2, 2, 7, 31, 16, 48, 3, true, MIB, UNIFORM),
    CONV(QUICK, WINOGRAD_2X2, 3, 31, 7, 64, 16, 3, false, MIB, INTEGERS),
    CONV(QUICK, WINOGRAD_2X2, 2, 33, 33, 32, 32, 3, false, MIB, INTEGERS), /* several groups of tiles */
    CONV(QUICK, WINOGRAD_2X2, 2, 13, 9, 208, 352, 3, true, MIB,
         UNIFORM), /* too many weights for one kernel */
    CONV(QUICK, AUTO, 1, 33, 31, 17, 17, 3, true, MIB, UNIFORM),
    CONV(FULL, CLBLAST, 2, 128, 128, 64, 64, 3, false, 16 * MIB, INTEGERS),
    CONV(FULL, CLBLAST, 2, 16, 16, 512, 512, 3, false, 16 * MIB, UNIFORM),
    CONV(FULL, AUTO, 2, 128, 128, 3, 64, 3, false, 16 * MIB, UNIFORM), /* the baseline's layers */
    CONV(FULL, AUTO, 2, 128, 128, 64, 64, 3, false, 16 * MIB, UNIFORM),
    CONV(FULL, WINOGRAD_2X2, 2, 128, 128, 64, 64, 3, false, 16 * MIB, UNIFORM),
    CONV(FULL, WINOGRAD_2X2, 12, 16, 16, 512, 512, 3, false, 16 * MIB, UNIFORM),
    CONV(FULL, AUTO, 2, 128, 128, 64, 3, 3, false, 16 * MIB, UNIFORM),
    CONV(FULL, AUTO, 2, 64, 64, 64, 128, 3, false, 16 * MIB, UNIFORM),
    CONV(FULL, AUTO, 2, 64, 64, 128, 128, 3, false, 16 * MIB, UNIFORM),
    CONV(FULL, AUTO, 2, 64, 64, 128, 64, 3, false, 16 * MIB, UNIFORM),
    CONV(FULL, AUTO, 2, 32, 32, 128, 256, 3, false, 16 * MIB, UNIFORM),
    CONV(FULL, AUTO, 2, 32, 32, 256, 256, 3, false, 16 * MIB, UNIFORM),
    CONV(FULL, GEMM, 2, 32, 32, 256, 256, 3, false, 16 * MIB, INTEGERS),
    CONV(FULL, AUTO, 2, 32, 32, 256, 128, 3, false, 16 * MIB, UNIFORM),
    CONV(FULL, AUTO, 2, 16, 16, 256, 512, 3, false, 16 * MIB, UNIFORM),
    CONV(FULL, AUTO, 2, 16, 16, 512, 512, 3, false, 16 * MIB, UNIFORM),
    CONV(FULL, AUTO, 2, 16, 16, 512, 256, 3, false, 16 * MIB, UNIFORM),
    CONV(FULL, AUTO, 12, 16, 16, 512, 512, 3, false, 16 * MIB,
         UNIFORM), /* winograd: more than one block of tiles */
};

static const sw_check_case up_to_pooling[] = {
    DEPTHWISE(TINY, 1, 3, 3, 3, 3, INTEGERS),
    DEPTHWISE(TINY, 1, 2, 3, 16, 3, UNIFORM),
    DEPTHWISE(QUICK, 1, 1, 1, 1, 3, UNIFORM),
    DEPTHWISE(QUICK, 2, 7, 31, 17, 3, UNIFORM),
    DEPTHWISE(QUICK, 2, 33, 31, 16, 3, INTEGERS),
    DEPTHWISE(QUICK, 3, 7, 7, 64, 5, UNIFORM),
    DEPTHWISE(QUICK, 1, 31, 33, 3, 7, UNIFORM),
    DEPTHWISE(QUICK, 2, 9, 18, 24, 3, UNIFORM), /* vectors of 8, 4 and 2, here and below */
    DEPTHWISE(QUICK, 2, 7, 17, 20, 3, INTEGERS),
    DEPTHWISE(QUICK, 1, 7, 9, 6, 5, UNIFORM),
    DEPTHWISE(QUICK, 1, 7, 9, 32, 1, UNIFORM),
    DEPTHWISE(FULL, 2, 128, 128, 64, 3, UNIFORM),
    DEPTHWISE(FULL, 2, 16, 16, 512, 3, INTEGERS),

    NORM(TINY, 2, 3, 2, 3, true, UNIFORM, false),
    NORM(TINY, 1, 2, 2, 16, false, UNIFORM, true),
    NORM(TINY, 1, 64, 65, 1, true, UNIFORM, false),  /* as many chunks as GPUs merge */
    NORM(QUICK, 1, 1, 1, 16, false, UNIFORM, false), /* a variance of 0 */
    NORM(QUICK, 2, 7, 7, 3, false, UNIFORM, false),
    NORM(QUICK, 3, 31, 33, 17, true, UNIFORM, false),
    NORM(QUICK, 2, 33, 7, 64, true, UNIFORM, false),
    NORM(QUICK, 2, 33, 7, 64, true, TIES, false),
    NORM(QUICK, 1, 7, 7, 16, true, SHIFTED, false), /* E[x^2] - E[x]^2 has no digits left */
    NORM(QUICK, 2, 33, 33, 16, false, SHIFTED, false),
    NORM(QUICK, 2, 31, 7, 17, true, UNIFORM, true),
    NORM(QUICK, 3, 7, 33, 64, false, UNIFORM, true),
    NORM(QUICK, 2, 31, 33, 24, true, UNIFORM, false),
    NORM(QUICK, 2, 33, 7, 20, false, UNIFORM, false),
    NORM(QUICK, 2, 31, 9, 32, true, UNIFORM, false), /* two vectors at once */
    NORM(QUICK, 3, 9, 31, 8, false, UNIFORM, false),
    NORM(QUICK, 1, 31, 33, 6, true, UNIFORM, true),
    NORM(QUICK, 3, 41, 43, 20, true, SHIFTED, false), /* many chunks: GPUs merge them first */
    NORM(FULL, 2, 128, 128, 3, false, UNIFORM, false),
    NORM(FULL, 2, 128, 128, 64, true, UNIFORM, false),
    NORM(FULL, 2, 16, 16, 512, true, UNIFORM, false),
    NORM(FULL, 1, 257, 257, 1, true, UNIFORM, false), /* on GPUs more than 65535 groups in a dimension */

    OP(TINY, max_pool, NULL, 1, 2, 3, 3, TIES, false),
    OP(TINY, max_pool, NULL, 1, 2, 2, 16, NANS, false),
    OP(QUICK, max_pool, NULL, 1, 2, 2, 1, UNIFORM, false),
    OP(QUICK, max_pool, NULL, 2, 7, 31, 17, UNIFORM, false),
    OP(QUICK, max_pool, NULL, 3, 31, 33, 16, TIES, false),
    OP(QUICK, max_pool, NULL, 2, 33, 7, 64, TIES, false),
    OP(QUICK, max_pool, NULL, 2, 31, 7, 17, NANS, false),
    OP(QUICK, max_pool, NULL, 1, 33, 33, 64, NANS, false),
    OP(QUICK, max_pool, NULL, 2, 9, 18, 24, TIES, false),
    OP(QUICK, max_pool, NULL, 2, 7, 31, 20, NANS, false),
    OP(QUICK, max_pool, NULL, 1, 7, 9, 6, TIES, false),
    OP(FULL, max_pool, NULL, 2, 128, 128, 64, UNIFORM, false),
    OP(FULL, max_pool, NULL, 2, 16, 16, 512, TIES, false),
};

static const sw_check_case unpooling[] = {
    UNPOOL(TINY, 1, 1, 1, 3, 2, 3, INTEGERS),      UNPOOL(TINY, 1, 1, 1, 16, 3, 2, UNIFORM),
    UNPOOL(QUICK, 1, 1, 1, 1, 2, 2, UNIFORM),      UNPOOL(QUICK, 2, 3, 15, 17, 7, 31, UNIFORM),
    UNPOOL(QUICK, 3, 15, 16, 16, 31, 33, UNIFORM), UNPOOL(QUICK, 2, 16, 3, 64, 33, 6, NANS),
    UNPOOL(QUICK, 2, 8, 9, 24, 17, 18, UNIFORM),   UNPOOL(QUICK, 2, 3, 15, 20, 7, 31, UNIFORM),
    UNPOOL(QUICK, 2, 3, 5, 6, 6, 10, NANS),        UNPOOL(FULL, 2, 64, 64, 64, 128, 128, UNIFORM),
    UNPOOL(FULL, 2, 8, 8, 512, 16, 16, UNIFORM),
};

static const sw_check_case others[] = {
    OP(TINY, average_pool, NULL, 1, 2, 3, 3, INTEGERS, false),
    OP(TINY, average_pool, NULL, 1, 2, 2, 16, UNIFORM, false),
    OP(QUICK, average_pool, NULL, 2, 7, 31, 17, UNIFORM, false),
    OP(QUICK, average_pool, NULL, 3, 31, 33, 16, UNIFORM, false),
    OP(QUICK, average_pool, NULL, 2, 33, 7, 64, INTEGERS, false),
    OP(QUICK, average_pool, NULL, 2, 9, 18, 24, UNIFORM, false),
    OP(QUICK, average_pool, NULL, 1, 7, 9, 6, INTEGERS, false),
    OP(FULL, average_pool, NULL, 2, 128, 128, 64, UNIFORM, false),

    UPSAMPLE(TINY, 1, 1, 1, 3, 3, 3, INTEGERS),
    UPSAMPLE(TINY, 1, 1, 2, 16, 2, 4, UNIFORM),
    UPSAMPLE(QUICK, 2, 3, 15, 17, 7, 31, UNIFORM),
    UPSAMPLE(QUICK, 3, 15, 16, 16, 31, 33, UNIFORM),
    UPSAMPLE(QUICK, 2, 16, 3, 64, 33, 6, INTEGERS),
    UPSAMPLE(QUICK, 2, 3, 15, 20, 7, 31, UNIFORM),
    UPSAMPLE(QUICK, 2, 3, 5, 6, 6, 10, INTEGERS),
    UPSAMPLE(FULL, 2, 64, 64, 64, 128, 128, UNIFORM),

    UPDATE(TINY, ADAM, 0, 0, false, 1e-3, 2, 3),
    UPDATE(TINY, SGD, 0, 0, false, 1e-1, 1, 3),
    UPDATE(TINY, SGD, 5e-4, 0.9, true, 1e-1, 2, 3),
    UPDATE(QUICK, ADAM, 0, 0, false, 1e-3, 10, 200),
    UPDATE(QUICK, ADAM, 1e-2, 0, false, 1e-3, 5, 17),
    UPDATE(QUICK, ADAMW, 1e-2, 0, false, 1e-3, 5, 128),
    UPDATE(QUICK, SGD, 0, 0, false, 1e-1, 3, 17),
    UPDATE(QUICK, SGD, 5e-4, 0.9, false, 1e-1, 5, 200),
    UPDATE(QUICK, SGD, 5e-4, 0.9, true, 1e-1, 5, 64),
    GROUPS(TINY, ADAMW, 1e-2, 0, 1e-3, 2, 3),
    GROUPS(TINY, SGD, 1e-2, 0, 1e-1, 2, 3),
    GROUPS(TINY, SGD, 1e-2, 0.9, 1e-1, 2, 3),
    GROUPS(QUICK, ADAM, 1e-2, 0, 1e-3, 5, 129),
    GROUPS(QUICK, ADAMW, 1e-2, 0, 1e-3, 5, 200),
    GROUPS(QUICK, SGD, 1e-2, 0.9, 1e-1, 5, 17),

    /* values in -1..1: 128 of them have a norm of about 6.5, 38,400 of about 113 */
    GRADIENTS(TINY, 0.5, 1, 1),
    GRADIENTS(QUICK, 1, 0, 1),     /* left as they are */
    GRADIENTS(QUICK, 0.25, 0, 7),  /* the mean of four batches */
    GRADIENTS(QUICK, 1, 1000, 33), /* short enough */
    GRADIENTS(QUICK, 1, 6, 1),
    GRADIENTS(QUICK, 1, 0.1, 33),
    GRADIENTS(QUICK, 1.0 / 3, 1, 300),
    GRADIENTS(FULL, 0.5, 1, 119336), /* the baseline's parameters */

    AVERAGES(TINY, 0.9, 2, 1),
    AVERAGES(QUICK, 0.999, 1, 1), /* the first: the values themselves */
    AVERAGES(QUICK, 0.999, 5, 7),
    AVERAGES(QUICK, 0.999, 100000, 33),
    AVERAGES(QUICK, 0.5, 20, 300),

    METRICS(TINY, 1, 2, 2, 3, -1, TIES),
    METRICS(QUICK, 1, 1, 1, 2, -1, UNIFORM),
    METRICS(QUICK, 2, 7, 31, 3, -1, UNIFORM),
    METRICS(QUICK, 3, 33, 31, 3, 1, TIES),
    METRICS(QUICK, 2, 16, 32, 3, 1, LARGE),
    METRICS(QUICK, 2, 31, 33, 17, -1, UNIFORM),
    METRICS(QUICK, 2, 31, 16, 11, 255, UNIFORM),
    METRICS(TINY, 1, 2, 2, 17, 3, TIES), /* many classes, from here on */
    METRICS(QUICK, 2, 31, 33, 33, -1, UNIFORM),
    METRICS(QUICK, 2, 16, 32, 33, 7, LARGE),
    METRICS(QUICK, 3, 31, 16, 150, 255, UNIFORM),
    METRICS(QUICK, 2, 13, 16, 255, 254, UNIFORM),
    METRICS(QUICK, 2, 7, 31, 255, -1, TIES),
    METRICS(FULL, 2, 128, 128, 3, 1, UNIFORM),
};

/* Every list of cases there is. */
static const sw_check_cases *const lists[] = {
    &(const sw_check_cases)CASE_LIST(products),
    &sw_cases_strided_conv2d,
    &sw_cases_strided_depthwise,
    &(const sw_check_cases)CASE_LIST(up_to_pooling),
    &sw_cases_max_windows,
    &(const sw_check_cases)CASE_LIST(unpooling),
    &sw_cases_average_windows,
    &(const sw_check_cases)CASE_LIST(others),
    &sw_cases_joins,
    &sw_cases_storage,
    &sw_cases_pointwise,
    &sw_cases_norms,
    &sw_cases_enlarge,
    &sw_cases_losses,
};

const sw_check_case *sw_check_case_at(size_t i)
{
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
        if (i < lists[k]->count) return &lists[k]->cases[i];
        i -= lists[k]->count;
    }
    return NULL;
}

static bool is_first_of_subject(size_t i)
{
    const char *subject = sw_check_case_at(i)->subject;
    for (size_t k = 0; k < i; k++)
        if (strcmp(sw_check_case_at(k)->subject, subject) == 0) return false;
    return true;
}

const char *sw_check_subject_at(size_t i)
{
    const sw_check_case *c;
    for (size_t k = 0; (c = sw_check_case_at(k)) != NULL; k++)
        if (is_first_of_subject(k) && i-- == 0) return c->subject;
    return NULL;
}

sw_status sw_check_run(sw_check_result *out, sw_cl *cl, const sw_check_case *c)
{
    sw_status status;
    *out = (sw_check_result){.passed = false};
    if (c->op)
        status = sw_check_op(out, cl, c->op);
    else if (c->gemm)
        status = sw_check_gemm(out, cl, c->gemm);
    else if (c->optimizer)
        status = sw_check_optimizer(out, cl, c->optimizer);
    else if (c->gradients)
        status = sw_check_gradients(out, cl, c->gradients);
    else if (c->averages)
        status = sw_check_averages(out, cl, c->averages);
    else
        status = sw_check_metrics(out, cl, c->metrics);
    return sw_fail_in(status, "self-test of %s", c->subject);
}
