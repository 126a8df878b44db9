/* Cases of the ops that join several inputs, and of those on whole images. */
#include "cases.h"

#define CONCAT(size_, inputs_, n, h, w, c, fill_, ...)                                                       \
    OP_OF(size_, concat, NULL, inputs_, n, h, w, c, fill_, false, __VA_ARGS__)
#define ADD(size_, inputs_, relu_, n, h, w, c, fill_, evaluate_)                                             \
    OP_OF(size_, add, (&(const sw_add_attrs){.relu = relu_}), inputs_, n, h, w, c, fill_, evaluate_, 0)
#define POOL(size_, n, h, w, c, fill_) OP(size_, global_average_pool, NULL, n, h, w, c, fill_, false)
#define BROADCAST(size_, n, c, height_, width_, fill_)                                                       \
    OP(size_, broadcast, (&(const sw_broadcast_attrs){height_, width_}), n, 1, 1, c, fill_, false)
#define SCALE(size_, n, h, w, c, fill_, evaluate_) OP(size_, scale, NULL, n, h, w, c, fill_, evaluate_)

static const sw_check_case cases[] = {
    CONCAT(TINY, 2, 1, 2, 3, 3, UNIFORM, 2),
    CONCAT(TINY, 2, 1, 2, 2, 16, UNIFORM, 16),
    CONCAT(TINY, 8, 1, 1, 2, 1, UNIFORM, 0),
    CONCAT(QUICK, 2, 1, 1, 1, 1, UNIFORM, 1),
    CONCAT(QUICK, 2, 2, 7, 31, 17, UNIFORM, 3),
    CONCAT(QUICK, 2, 2, 7, 31, 64, UNIFORM, 16),
    CONCAT(QUICK, 2, 3, 33, 1, 16, NANS, 64),
    CONCAT(QUICK, 2, 2, 7, 7, 17, INTEGERS, 0),
    CONCAT(QUICK, 2, 2, 7, 7, 16, INTEGERS, 0),
    CONCAT(QUICK, 3, 2, 7, 31, 16, UNIFORM, 8, 4),
    CONCAT(QUICK, 3, 2, 7, 31, 48, UNIFORM, 0),
    CONCAT(QUICK, 3, 1, 31, 33, 3, UNIFORM, 1, 17),
    CONCAT(QUICK, 5, 2, 7, 7, 32, UNIFORM, 32, 32, 16, 64),
    CONCAT(QUICK, 8, 2, 7, 5, 1, UNIFORM, 2, 3, 4, 5, 6, 7, 8),
    OP_OF(QUICK, concat, NULL, 2, 2, 7, 31, 16, UNIFORM, true, 3),
    CONCAT(FULL, 2, 4, 128, 128, 64, UNIFORM, 64),
    CONCAT(FULL, 5, 2, 64, 64, 64, UNIFORM, 0),

    ADD(TINY, 2, false, 1, 2, 3, 3, UNIFORM, false),
    ADD(TINY, 3, true, 1, 2, 2, 16, INTEGERS, false),
    ADD(TINY, 8, true, 1, 1, 2, 1, UNIFORM, false),
    ADD(QUICK, 2, false, 1, 1, 1, 1, UNIFORM, false),
    ADD(QUICK, 2, false, 2, 7, 31, 17, UNIFORM, false),
    ADD(QUICK, 2, true, 2, 7, 31, 64, UNIFORM, false),
    ADD(QUICK, 2, true, 2, 33, 7, 3, INTEGERS, false), /* sums of exactly 0 */
    ADD(QUICK, 2, true, 2, 7, 7, 16, TIES, true),
    ADD(QUICK, 2, false, 2, 7, 7, 17, UNIFORM, true),
    ADD(QUICK, 3, false, 2, 7, 7, 16, INTEGERS, false),
    ADD(QUICK, 3, true, 3, 1, 33, 8, UNIFORM, false),
    ADD(QUICK, 3, false, 1, 31, 33, 4, NANS, false),
    ADD(QUICK, 5, true, 2, 7, 5, 64, SHIFTED, false),
    ADD(QUICK, 8, false, 2, 7, 5, 3, UNIFORM, false),
    ADD(QUICK, 8, true, 2, 7, 5, 3, UNIFORM, true),
    ADD(FULL, 2, true, 4, 128, 128, 64, UNIFORM, false),

    POOL(TINY, 1, 2, 3, 3, UNIFORM),
    POOL(TINY, 2, 9, 8, 16, UNIFORM), /* a second chunk of 8 pixels */
    POOL(QUICK, 1, 1, 1, 1, UNIFORM),
    POOL(QUICK, 3, 7, 31, 17, UNIFORM),
    POOL(QUICK, 2, 16, 32, 64, INTEGERS),
    POOL(QUICK, 2, 31, 33, 3, SHIFTED),
    POOL(QUICK, 2, 33, 1, 16, LARGE),
    POOL(QUICK, 2, 7, 9, 8, NANS),
    POOL(QUICK, 1, 97, 101, 3, UNIFORM), /* chunks of more than 64 pixels */
    POOL(FULL, 2, 128, 128, 64, UNIFORM),

    BROADCAST(TINY, 1, 3, 2, 3, UNIFORM),
    BROADCAST(TINY, 2, 16, 9, 8, UNIFORM),
    BROADCAST(QUICK, 1, 1, 1, 1, UNIFORM),
    BROADCAST(QUICK, 3, 17, 7, 31, UNIFORM),
    BROADCAST(QUICK, 2, 64, 16, 32, INTEGERS),
    BROADCAST(QUICK, 2, 3, 31, 33, SHIFTED),
    BROADCAST(QUICK, 2, 16, 33, 1, NANS),
    BROADCAST(QUICK, 1, 3, 97, 101, UNIFORM),
    BROADCAST(FULL, 2, 64, 128, 128, UNIFORM),

    SCALE(TINY, 1, 2, 3, 3, UNIFORM, false),
    SCALE(TINY, 2, 9, 8, 16, INTEGERS, false),
    SCALE(QUICK, 1, 1, 1, 1, UNIFORM, false),
    SCALE(QUICK, 2, 1, 1, 16, INTEGERS, false), /* one value may be both inputs */
    SCALE(QUICK, 3, 1, 1, 17, UNIFORM, true),
    SCALE(QUICK, 3, 7, 31, 17, UNIFORM, false),
    SCALE(QUICK, 2, 16, 32, 64, INTEGERS, false),
    SCALE(QUICK, 2, 31, 33, 3, SHIFTED, false),
    SCALE(QUICK, 2, 33, 1, 16, UNIFORM, true),
    SCALE(QUICK, 2, 7, 9, 8, LARGE, false),
    SCALE(QUICK, 1, 97, 101, 3, UNIFORM, false),
    SCALE(FULL, 2, 128, 128, 64, UNIFORM, false),
};

const sw_check_cases sw_cases_joins = CASE_LIST(cases);
