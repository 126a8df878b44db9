/* Activations and dropout. What counts for them is how the values of an image fill vectors, of which there
 * are at most 16: 1, 7 * 3, 5 * 6 and 9 * 4 values leave widths of 1, 1, 2 and 4. */
#include "cases.h"

#define LEAKY(size_, n, h, w, c, slope_, fill_)                                                              \
    OP(size_, leaky_relu, (&(const sw_leaky_relu_attrs){slope_}), n, h, w, c, fill_, false)
#define DROPOUT(size_, n, h, w, c, rate_, kind_, fill_, evaluate_)                                           \
    OP(size_, dropout, (&(const sw_dropout_attrs){rate_, SW_DROPOUT_##kind_}), n, h, w, c, fill_, evaluate_)

static const sw_check_case cases[] = {
    OP(TINY, relu, NULL, 1, 2, 3, 3, TIES, false),
    OP(TINY, relu, NULL, 1, 2, 2, 16, UNIFORM, true),
    OP(QUICK, relu, NULL, 1, 1, 1, 1, UNIFORM, false),
    OP(QUICK, relu, NULL, 3, 7, 3, 1, NANS, false),
    OP(QUICK, relu, NULL, 2, 5, 2, 3, INTEGERS, false),
    OP(QUICK, relu, NULL, 2, 31, 33, 17, UNIFORM, false),
    OP(QUICK, relu, NULL, 2, 33, 7, 64, TIES, false),
    OP(QUICK, relu, NULL, 2, 33, 7, 64, UNIFORM, true),
    OP(FULL, relu, NULL, 2, 128, 128, 64, UNIFORM, false),

    LEAKY(TINY, 1, 2, 3, 3, 0.01f, UNIFORM),
    LEAKY(TINY, 1, 2, 2, 16, 0.5f, TIES),
    LEAKY(QUICK, 2, 7, 31, 17, 0.01f, UNIFORM),
    LEAKY(QUICK, 3, 9, 4, 1, 0.2f, NANS),
    LEAKY(QUICK, 2, 33, 7, 64, 0.1f, INTEGERS),
    LEAKY(QUICK, 2, 5, 6, 3, 0, TIES),
    LEAKY(QUICK, 2, 7, 3, 16, 1, UNIFORM),
    LEAKY(FULL, 2, 128, 128, 64, 0.01f, UNIFORM),

    OP(TINY, silu, NULL, 1, 2, 3, 3, UNIFORM, false),
    OP(TINY, silu, NULL, 1, 2, 2, 16, LARGE, false),
    OP(QUICK, silu, NULL, 1, 1, 1, 1, UNIFORM, false),
    OP(QUICK, silu, NULL, 2, 31, 33, 17, UNIFORM, false),
    OP(QUICK, silu, NULL, 2, 33, 7, 64, LARGE, false),
    OP(QUICK, silu, NULL, 3, 5, 6, 3, NANS, false),
    OP(QUICK, silu, NULL, 2, 9, 4, 1, TIES, true),
    OP(FULL, silu, NULL, 2, 128, 128, 64, UNIFORM, false),

    OP(TINY, sigmoid, NULL, 1, 2, 3, 3, UNIFORM, false),
    OP(TINY, sigmoid, NULL, 1, 2, 2, 16, LARGE, false),
    OP(QUICK, sigmoid, NULL, 2, 31, 33, 17, UNIFORM, false),
    OP(QUICK, sigmoid, NULL, 2, 33, 7, 64, LARGE, false),
    OP(QUICK, sigmoid, NULL, 3, 5, 6, 3, NANS, false),
    OP(QUICK, sigmoid, NULL, 2, 9, 4, 1, TIES, true),
    OP(FULL, sigmoid, NULL, 2, 128, 128, 64, UNIFORM, false),

    DROPOUT(TINY, 2, 2, 3, 3, 0.5f, ELEMENTS, INTEGERS, false),
    DROPOUT(TINY, 1, 2, 2, 16, 0.3f, ELEMENTS, UNIFORM, false),
    DROPOUT(TINY, 2, 2, 2, 5, 0.5f, CHANNELS, UNIFORM, false),
    DROPOUT(TINY, 2, 2, 1, 16, 0.25f, CHANNELS, INTEGERS, false),
    DROPOUT(QUICK, 1, 1, 1, 1, 0.5f, ELEMENTS, UNIFORM, false),
    DROPOUT(QUICK, 3, 7, 3, 1, 0.1f, ELEMENTS, UNIFORM, false),
    DROPOUT(QUICK, 2, 5, 6, 3, 0.5f, ELEMENTS, INTEGERS, false),
    DROPOUT(QUICK, 3, 9, 4, 1, 0.75f, ELEMENTS, INTEGERS, false),
    DROPOUT(QUICK, 2, 9, 8, 3, 0.2f, ELEMENTS, UNIFORM, false),
    DROPOUT(QUICK, 2, 31, 33, 17, 0.5f, ELEMENTS, UNIFORM, false),
    DROPOUT(QUICK, 2, 33, 7, 64, 0.9f, ELEMENTS, UNIFORM, false),
    DROPOUT(QUICK, 2, 33, 7, 16, 0, ELEMENTS, UNIFORM, false), /* nothing is dropped */
    DROPOUT(QUICK, 2, 33, 7, 16, 0.5f, ELEMENTS, UNIFORM, true),
    DROPOUT(QUICK, 2, 31, 33, 17, 0.5f, CHANNELS, UNIFORM, false),
    DROPOUT(QUICK, 3, 7, 5, 6, 0.3f, CHANNELS, UNIFORM, false),
    DROPOUT(QUICK, 3, 7, 5, 20, 0.5f, CHANNELS, INTEGERS, false),
    DROPOUT(QUICK, 3, 7, 5, 24, 0.75f, CHANNELS, INTEGERS, false),
    DROPOUT(QUICK, 2, 33, 7, 64, 0.1f, CHANNELS, UNIFORM, false),
    DROPOUT(QUICK, 2, 7, 5, 17, 0.5f, CHANNELS, NANS, true),
    DROPOUT(FULL, 2, 128, 128, 64, 0.5f, ELEMENTS, UNIFORM, false),
    DROPOUT(FULL, 2, 128, 128, 64, 0.5f, CHANNELS, UNIFORM, false),
};

const sw_check_cases sw_cases_pointwise = CASE_LIST(cases);
