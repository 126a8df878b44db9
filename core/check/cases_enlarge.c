/* Cases of bilinear and conv_transpose2d. */
#include "cases.h"

/* To a size; corners aligned or not. */
#define BILINEAR(size_, n, h, w, c, height_, width_, aligned_, fill_)                                        \
    OP(size_, bilinear,                                                                                      \
       (&(const sw_bilinear_attrs){.align_corners = aligned_, .height = height_, .width = width_}), n, h, w, \
       c, fill_, false)

/* `more_` px more than the stride times the input's. */
#define TRANSPOSED(size_, engine_, n, h, w, c, out_, kernel_, stride_, bias_, more_, cap_, fill_)            \
    OP(size_, conv_transpose2d,                                                                              \
       (&(const sw_conv_transpose2d_attrs){.out_channels = out_,                                             \
                                           .kernel = kernel_,                                                \
                                           .stride = stride_,                                                \
                                           .bias = bias_,                                                    \
                                           .height = (stride_) * (h) + (more_),                              \
                                           .width = (stride_) * (w) + (more_),                               \
                                           .engine = SW_CONV_##engine_,                                      \
                                           .workspace_cap_bytes = cap_}),                                    \
       n, h, w, c, fill_, false)

enum { KIB = 1 << 10, MIB = 1 << 20 };

static const sw_check_case cases[] = {
    BILINEAR(TINY, 1, 2, 3, 3, 4, 6, false, INTEGERS), /* exactly twice */
    BILINEAR(TINY, 1, 1, 2, 16, 2, 4, false, UNIFORM),
    BILINEAR(TINY, 1, 2, 3, 3, 5, 4, false, UNIFORM),
    BILINEAR(TINY, 1, 3, 2, 16, 4, 1, true, UNIFORM),
    BILINEAR(QUICK, 1, 1, 1, 1, 2, 2, false, INTEGERS), /* twice, from here on */
    BILINEAR(QUICK, 2, 7, 15, 17, 14, 30, false, INTEGERS),
    BILINEAR(QUICK, 3, 15, 16, 16, 30, 32, false, UNIFORM),
    BILINEAR(QUICK, 2, 16, 3, 64, 32, 6, false, INTEGERS),
    BILINEAR(QUICK, 2, 3, 9, 20, 6, 18, false, UNIFORM),
    BILINEAR(QUICK, 2, 31, 33, 3, 62, 66, false, UNIFORM),
    BILINEAR(QUICK, 2, 16, 17, 16, 32, 34, true, UNIFORM), /* twice, but with other weights */
    BILINEAR(QUICK, 1, 1, 1, 1, 7, 31, false, UNIFORM),    /* any ratio, from here on */
    BILINEAR(QUICK, 1, 1, 1, 3, 7, 31, true, UNIFORM),
    BILINEAR(QUICK, 2, 7, 31, 17, 15, 63, false, UNIFORM),
    BILINEAR(QUICK, 2, 7, 31, 17, 15, 63, true, UNIFORM),
    BILINEAR(QUICK, 3, 5, 6, 16, 33, 31, false, UNIFORM),
    BILINEAR(QUICK, 1, 4, 3, 64, 32, 24, false, UNIFORM), /* eightfold */
    BILINEAR(QUICK, 1, 4, 3, 64, 32, 24, true, UNIFORM),
    BILINEAR(QUICK, 2, 7, 9, 16, 7, 9, false, UNIFORM),  /* the same size */
    BILINEAR(QUICK, 2, 33, 31, 3, 7, 5, false, UNIFORM), /* smaller: pixels that nobody reads */
    BILINEAR(QUICK, 2, 33, 31, 20, 17, 1, true, UNIFORM),
    BILINEAR(QUICK, 2, 16, 7, 16, 8, 21, false, UNIFORM), /* smaller and larger */
    BILINEAR(FULL, 2, 64, 64, 64, 128, 128, false, UNIFORM),
    BILINEAR(FULL, 2, 45, 60, 12, 360, 480, false, UNIFORM),

    TRANSPOSED(TINY, GEMM, 1, 2, 3, 3, 5, 2, 2, true, 0, KIB, INTEGERS),
    TRANSPOSED(TINY, GEMM, 1, 2, 2, 16, 16, 3, 2, false, 1, KIB, UNIFORM),
    TRANSPOSED(TINY, GEMM, 1, 1, 2, 16, 3, 4, 2, true, 0, KIB, INTEGERS),
    TRANSPOSED(TINY, TILE, 1, 2, 3, 3, 5, 3, 2, true, 0, KIB, INTEGERS),
    TRANSPOSED(TINY, TILE, 1, 2, 1, 4, 4, 2, 2, false, 1, KIB, UNIFORM),
    TRANSPOSED(QUICK, GEMM, 1, 1, 1, 1, 1, 2, 2, true, 0, MIB, UNIFORM),
    TRANSPOSED(QUICK, GEMM, 2, 7, 31, 17, 16, 2, 2, true, 0, MIB, INTEGERS),
    TRANSPOSED(QUICK, GEMM, 3, 15, 16, 64, 32, 2, 2, true, 1, MIB, UNIFORM),
    TRANSPOSED(QUICK, GEMM, 2, 33, 17, 64, 64, 2, 2, false, 0, MIB, INTEGERS),
    TRANSPOSED(QUICK, GEMM, 2, 7, 9, 128, 80, 2, 2, true, 0, MIB, UNIFORM),
    TRANSPOSED(QUICK, GEMM, 2, 16, 15, 32, 3, 2, 2, true, 1, MIB, INTEGERS), /* thin: vectors from x */
    TRANSPOSED(QUICK, GEMM, 2, 16, 7, 48, 17, 3, 2, false, 1, MIB,
               INTEGERS), /* a row that no window reaches */
    TRANSPOSED(QUICK, GEMM, 2, 9, 8, 33, 33, 3, 2, true, 0, MIB, UNIFORM),
    TRANSPOSED(QUICK, GEMM, 2, 16, 17, 32, 32, 4, 2, true, 0, MIB, INTEGERS),
    TRANSPOSED(QUICK, GEMM, 1, 6, 5, 16, 21, 16, 8, true, 5, MIB, INTEGERS),
    TRANSPOSED(QUICK, GEMM, 2, 7, 5, 17, 6, 5, 3, true, 2, MIB, UNIFORM), /* other windows, from here on */
    TRANSPOSED(QUICK, GEMM, 1, 3, 4, 8, 16, 3, 5, true, 4, MIB, UNIFORM),
    TRANSPOSED(QUICK, TILE, 3, 15, 16, 64, 32, 2, 2, true, 1, MIB, UNIFORM),  /* in two bands */
    TRANSPOSED(QUICK, TILE, 3, 7, 9, 20, 6, 3, 2, true, 1, 8 * KIB, UNIFORM), /* in three */
    TRANSPOSED(FULL, GEMM, 2, 15, 31, 3, 64, 3, 2, true, 0, MIB, UNIFORM), /* paths as above, other kernels */
    TRANSPOSED(FULL, GEMM, 1, 7, 31, 16, 20, 4, 2, true, 1, MIB, UNIFORM),
    TRANSPOSED(FULL, GEMM, 2, 5, 7, 3, 3, 16, 8, false, 0, MIB, UNIFORM),
    TRANSPOSED(FULL, GEMM, 1, 7, 9, 16, 16, 1, 2, true, 0, MIB, INTEGERS),
    TRANSPOSED(FULL, TILE, 1, 1, 1, 1, 1, 2, 2, true, 0, MIB, UNIFORM),
    TRANSPOSED(FULL, TILE, 2, 7, 31, 17, 16, 2, 2, true, 0, MIB, INTEGERS),
    TRANSPOSED(FULL, TILE, 2, 33, 17, 64, 64, 2, 2, false, 0, 4 * MIB, INTEGERS),
    TRANSPOSED(FULL, TILE, 1, 6, 5, 16, 21, 16, 8, true, 5, MIB, INTEGERS),
    TRANSPOSED(FULL, AUTO, 1, 9, 11, 17, 17, 3, 2, true, 0, MIB, UNIFORM),
    TRANSPOSED(FULL, AUTO, 2, 64, 64, 128, 64, 2, 2, true, 0, 16 * MIB, UNIFORM), /* U-Net's */
    TRANSPOSED(FULL, AUTO, 2, 16, 16, 512, 256, 2, 2, true, 0, 16 * MIB, UNIFORM),
    TRANSPOSED(FULL, AUTO, 2, 32, 32, 64, 64, 4, 2, false, 0, 16 * MIB, UNIFORM),  /* LinkNet's */
    TRANSPOSED(FULL, AUTO, 2, 40, 40, 21, 21, 16, 8, false, 0, 16 * MIB, UNIFORM), /* FCN's */
};

const sw_check_cases sw_cases_enlarge = CASE_LIST(cases);
