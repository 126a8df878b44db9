/* Convolutions with stride and dilation: of the engines that take them, and of those that leave them to
 * others. Sizes that the stride divides and that leave a rest, images smaller than the stride, and windows
 * wider than the image, where the middle tap alone is inside. */
#include "cases.h"

#define CONV(size_, engine_, n, h, w, c, out_, kernel_, stride_, dilation_, cap_, fill_)                     \
    OP(size_, conv2d,                                                                                        \
       (&(const sw_conv2d_attrs){.out_channels = out_,                                                       \
                                 .kernel = kernel_,                                                          \
                                 .stride = stride_,                                                          \
                                 .dilation = dilation_,                                                      \
                                 .bias = (out_) % 2 == 1,                                                    \
                                 .engine = SW_CONV_##engine_,                                                \
                                 .workspace_cap_bytes = cap_}),                                              \
       n, h, w, c, fill_, false)

#define DEPTHWISE(size_, n, h, w, c, kernel_, stride_, dilation_, fill_)                                     \
    OP(size_, depthwise_conv2d, (&(const sw_depthwise_conv2d_attrs){kernel_, stride_, dilation_}), n, h, w,  \
       c, fill_, false)

enum { KIB = 1 << 10, MIB = 1 << 20 };

static const sw_check_case convolutions[] = {
    CONV(TINY, CLBLAST, 1, 3, 4, 2, 3, 3, 2, 1, KIB, INTEGERS),
    CONV(TINY, CLBLAST, 1, 3, 3, 2, 2, 3, 1, 2, KIB, UNIFORM),
    CONV(TINY, GEMM, 1, 3, 4, 3, 5, 3, 2, 1, KIB, INTEGERS),
    CONV(TINY, GEMM, 1, 3, 4, 16, 32, 3, 2, 1, KIB, UNIFORM),
    CONV(TINY, GEMM, 1, 4, 3, 16, 16, 1, 2, 1, KIB, INTEGERS),
    CONV(TINY, GEMM, 1, 4, 3, 16, 3, 3, 1, 2, KIB, UNIFORM),
    CONV(TINY, TILE, 1, 3, 4, 3, 5, 3, 2, 1, KIB, UNIFORM),
    CONV(TINY, TILE, 1, 4, 3, 4, 4, 3, 1, 2, KIB, INTEGERS),

    CONV(QUICK, CLBLAST, 1, 1, 1, 1, 1, 3, 2, 1, KIB, UNIFORM),
    CONV(QUICK, CLBLAST, 2, 7, 31, 16, 17, 3, 2, 1, MIB, UNIFORM),
    CONV(QUICK, CLBLAST, 2, 33, 32, 3, 64, 7, 2, 1, 64 * KIB, INTEGERS), /* in bands */
    CONV(QUICK, CLBLAST, 2, 16, 17, 64, 16, 1, 2, 1, MIB, INTEGERS),
    CONV(QUICK, CLBLAST, 2, 7, 9, 16, 17, 3, 1, 6, MIB, UNIFORM),
    CONV(QUICK, CLBLAST, 1, 5, 4, 3, 16, 5, 3, 2, MIB, INTEGERS),
    CONV(QUICK, CLBLAST, 1, 9, 13, 3, 5, 3, 8, 4, MIB, UNIFORM), /* steps with a common divisor */
    CONV(QUICK, CLBLAST, 1, 3, 2, 3, 4, 3, 8, 1, MIB, INTEGERS), /* phases without pixels */

    CONV(QUICK, GEMM, 1, 1, 1, 1, 1, 3, 2, 1, KIB, UNIFORM),
    CONV(QUICK, GEMM, 2, 33, 31, 3, 64, 7, 2, 1, MIB, UNIFORM),
    CONV(QUICK, GEMM, 2, 32, 32, 3, 64, 7, 2, 1, MIB, INTEGERS),
    CONV(QUICK, GEMM, 2, 16, 16, 64, 64, 3, 2, 1, MIB, UNIFORM),
    CONV(QUICK, GEMM, 2, 17, 15, 64, 16, 3, 2, 1, MIB, INTEGERS),
    CONV(QUICK, GEMM, 2, 33, 31, 64, 64, 1, 2, 1, MIB, UNIFORM),
    CONV(QUICK, GEMM, 2, 7, 31, 16, 17, 3, 2, 1, MIB, INTEGERS),
    CONV(QUICK, GEMM, 3, 9, 7, 17, 3, 3, 2, 1, MIB, UNIFORM), /* channels that fill no vector, from here on */
    CONV(QUICK, GEMM, 2, 13, 10, 24, 40, 1, 2, 1, MIB, INTEGERS),
    CONV(QUICK, GEMM, 2, 17, 16, 72, 24, 5, 2, 1, MIB, UNIFORM),
    CONV(QUICK, GEMM, 1, 31, 33, 48, 3, 3, 3, 1, MIB, INTEGERS),
    CONV(QUICK, GEMM, 2, 9, 18, 66, 16, 3, 2, 2, MIB, UNIFORM),
    CONV(QUICK, GEMM, 1, 9, 13, 3, 5, 3, 8, 4, MIB, UNIFORM),
    CONV(QUICK, GEMM, 1, 3, 2, 3, 4, 3, 8, 1, MIB, INTEGERS),
    CONV(QUICK, GEMM, 2, 16, 17, 64, 32, 3, 1, 6, MIB, UNIFORM),
    CONV(QUICK, GEMM, 2, 16, 17, 32, 17, 3, 1, 12, MIB, INTEGERS),
    CONV(QUICK, GEMM, 1, 9, 7, 17, 64, 3, 1, 18, MIB, UNIFORM),
    CONV(QUICK, GEMM, 1, 5, 7, 64, 3, 7, 1, 64, MIB, INTEGERS),

    CONV(QUICK, TILE, 1, 1, 1, 1, 1, 3, 2, 1, KIB, UNIFORM),
    CONV(QUICK, TILE, 2, 33, 31, 3, 64, 7, 2, 1, MIB, UNIFORM),
    CONV(QUICK, TILE, 2, 32, 32, 3, 64, 7, 2, 1, 16 * KIB, INTEGERS),
    CONV(QUICK, TILE, 2, 16, 17, 64, 64, 3, 2, 1, MIB, UNIFORM),
    CONV(QUICK, TILE, 2, 33, 31, 64, 66, 1, 2, 1, MIB, INTEGERS),
    CONV(QUICK, TILE, 3, 9, 7, 17, 3, 3, 2, 1, MIB, UNIFORM),
    CONV(QUICK, TILE, 2, 9, 18, 20, 24, 5, 3, 2, MIB, INTEGERS),
    CONV(QUICK, TILE, 1, 9, 13, 3, 5, 3, 8, 4, MIB, UNIFORM),
    CONV(QUICK, TILE, 1, 3, 2, 3, 4, 3, 8, 1, MIB, INTEGERS),
    CONV(QUICK, TILE, 2, 16, 17, 32, 64, 3, 1, 6, MIB, UNIFORM),
    CONV(QUICK, TILE, 1, 9, 7, 17, 64, 3, 1, 18, MIB, INTEGERS),
    CONV(QUICK, TILE, 1, 5, 7, 64, 3, 7, 1, 64, MIB, UNIFORM),

    /* which these leave to the next */
    CONV(QUICK, DIRECT, 2, 7, 31, 3, 64, 3, 2, 1, MIB, INTEGERS),
    CONV(QUICK, WINOGRAD, 2, 13, 9, 16, 32, 3, 2, 1, MIB, INTEGERS),
    CONV(QUICK, WINOGRAD, 2, 13, 9, 32, 16, 3, 1, 2, MIB, INTEGERS),
    CONV(QUICK, WINOGRAD_TILE, 2, 13, 9, 16, 32, 3, 2, 1, MIB, INTEGERS),
    CONV(QUICK, AUTO, 2, 33, 31, 17, 17, 3, 2, 1, MIB, UNIFORM),

    CONV(FULL, AUTO, 2, 128, 128, 3, 64, 7, 2, 1, 16 * MIB, UNIFORM), /* ResNet's */
    CONV(FULL, AUTO, 2, 32, 32, 64, 128, 3, 2, 1, 16 * MIB, UNIFORM),
    CONV(FULL, AUTO, 2, 32, 32, 64, 128, 1, 2, 1, 16 * MIB, UNIFORM),
    CONV(FULL, AUTO, 2, 16, 16, 512, 256, 3, 1, 12, 16 * MIB, UNIFORM), /* DeepLab's */
};

static const sw_check_case depthwise[] = {
    DEPTHWISE(TINY, 1, 3, 4, 3, 3, 2, 1, INTEGERS),
    DEPTHWISE(TINY, 1, 3, 3, 16, 3, 1, 2, UNIFORM),
    DEPTHWISE(QUICK, 1, 1, 1, 1, 3, 2, 1, UNIFORM),
    DEPTHWISE(QUICK, 2, 7, 31, 17, 3, 2, 1, UNIFORM),
    DEPTHWISE(QUICK, 2, 32, 33, 16, 3, 2, 1, INTEGERS),
    DEPTHWISE(QUICK, 3, 7, 8, 64, 5, 2, 2, UNIFORM),
    DEPTHWISE(QUICK, 1, 31, 33, 3, 7, 3, 1, UNIFORM),
    DEPTHWISE(QUICK, 2, 16, 17, 24, 3, 1, 6, UNIFORM),
    DEPTHWISE(QUICK, 2, 7, 9, 20, 3, 1, 18, INTEGERS),
    DEPTHWISE(QUICK, 1, 3, 2, 6, 3, 8, 1, UNIFORM),
    DEPTHWISE(QUICK, 1, 9, 8, 32, 1, 2, 4, UNIFORM),
    DEPTHWISE(FULL, 2, 112, 112, 64, 3, 2, 1, UNIFORM), /* MobileNet's */
};

const sw_check_cases sw_cases_strided_conv2d = CASE_LIST(convolutions);
const sw_check_cases sw_cases_strided_depthwise = CASE_LIST(depthwise);
