/* Pools whose windows overlap, or lie partly outside the image. */
#include "cases.h"

#define MAX(size_, n, h, w, c, kernel_, stride_, padding_, ceil_, fill_)                                     \
    OP(size_, max_pool, (&(const sw_max_pool_attrs){kernel_, stride_, padding_, ceil_}), n, h, w, c, fill_,  \
       false)
#define UNPOOL(size_, n, h, w, c, height_, width_, fill_)                                                    \
    OP(size_, max_unpool, (&(const sw_doubled_attrs){height_, width_}), n, h, w, c, fill_, false)
#define AVERAGE(size_, n, h, w, c, fill_)                                                                    \
    OP(size_, average_pool, (&(const sw_average_pool_attrs){.ceil = true}), n, h, w, c, fill_, false)

static const sw_check_case max_windows[] = {
    MAX(TINY, 1, 3, 2, 3, 2, 2, 0, true, TIES),
    MAX(TINY, 1, 3, 4, 3, 3, 2, 1, false, TIES),
    MAX(TINY, 1, 4, 3, 16, 3, 2, 1, true, NANS),
    MAX(QUICK, 1, 1, 1, 1, 2, 2, 0, true, UNIFORM),
    MAX(QUICK, 2, 7, 31, 17, 2, 2, 0, true, UNIFORM),
    MAX(QUICK, 3, 31, 33, 16, 2, 2, 0, true, TIES),
    MAX(QUICK, 2, 33, 7, 64, 2, 2, 0, true, NANS),
    MAX(QUICK, 2, 8, 18, 24, 2, 2, 0, true, TIES), /* as without ceil */
    MAX(QUICK, 1, 1, 1, 1, 3, 2, 1, false, UNIFORM),
    MAX(QUICK, 2, 7, 31, 17, 3, 2, 1, false, UNIFORM),
    MAX(QUICK, 3, 32, 33, 16, 3, 2, 1, false, TIES),
    MAX(QUICK, 2, 33, 7, 64, 3, 2, 1, true, NANS),
    MAX(QUICK, 2, 8, 6, 20, 3, 2, 1, true, TIES),
    MAX(QUICK, 2, 9, 18, 24, 3, 2, 0, true, TIES),
    MAX(QUICK, 2, 9, 16, 3, 3, 2, 0, false, NANS),
    MAX(QUICK, 1, 7, 9, 6, 3, 1, 1, false, TIES),
    MAX(QUICK, 2, 7, 9, 8, 3, 1, 0, false, UNIFORM),
    MAX(QUICK, 2, 13, 31, 40, 3, 3, 1, true, INTEGERS),
    MAX(QUICK, 2, 16, 14, 12, 3, 3, 0, true, NANS),
    MAX(FULL, 2, 112, 112, 64, 3, 2, 1, false, UNIFORM), /* ResNet's */

    UNPOOL(TINY, 1, 2, 1, 3, 3, 2, INTEGERS),
    UNPOOL(QUICK, 1, 1, 1, 1, 1, 1, UNIFORM),
    UNPOOL(QUICK, 2, 4, 16, 17, 7, 31, UNIFORM),
    UNPOOL(QUICK, 3, 16, 17, 16, 31, 34, UNIFORM),
    UNPOOL(QUICK, 2, 17, 4, 64, 33, 8, NANS),
};

static const sw_check_case average_windows[] = {
    AVERAGE(TINY, 1, 3, 2, 3, INTEGERS),   AVERAGE(QUICK, 1, 1, 1, 1, UNIFORM),
    AVERAGE(QUICK, 2, 7, 31, 17, UNIFORM), AVERAGE(QUICK, 3, 31, 34, 16, INTEGERS),
    AVERAGE(QUICK, 2, 33, 7, 64, UNIFORM),
};

const sw_check_cases sw_cases_max_windows = CASE_LIST(max_windows);
const sw_check_cases sw_cases_average_windows = CASE_LIST(average_windows);
