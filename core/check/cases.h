/* What the files with cases share: a macro for an op's case, and the lists of cases that cases.c puts
 * together. */
#ifndef CHECK_CASES_H
#define CHECK_CASES_H

#include "check/check.h"
#include "ops/ops.h"

#define TINY  SW_CHECK_TINY
#define QUICK SW_CHECK_QUICK
#define FULL  SW_CHECK_FULL

/* An op's case; behind the fill comes what else it sets of sw_op_case. */
#define OP_WITH(size_, op_, attrs_, n, h, w, c, fill_, ...)                                                  \
    {                                                                                                        \
        .subject = #op_, .size = size_, .op = &(const sw_op_case)                                            \
        {                                                                                                    \
            .op = &sw_op_##op_, .attrs = attrs_, .x = {n, h, w, c}, .fill = SW_FILL_##fill_, __VA_ARGS__     \
        }                                                                                                    \
    }
#define OP(size_, op_, attrs_, n, h, w, c, fill_, evaluate_)                                                 \
    OP_WITH(size_, op_, attrs_, n, h, w, c, fill_, .evaluate = evaluate_)

/* Of an op with several inputs: so many, and the channels of those behind the first (0: as the first). */
#define OP_OF(size_, op_, attrs_, inputs_, n, h, w, c, fill_, evaluate_, ...)                                \
    OP_WITH(size_, op_, attrs_, n, h, w, c, fill_, .evaluate = evaluate_, .input_count = inputs_,            \
            .channels = {0, __VA_ARGS__})

/* A list of cases, in a file of its own where it is long; cases.c names them all. */
typedef struct sw_check_cases {
    const sw_check_case *cases;
    size_t count;
} sw_check_cases;

extern const sw_check_cases sw_cases_norms, sw_cases_pointwise, sw_cases_enlarge, sw_cases_strided_conv2d,
    sw_cases_strided_depthwise, sw_cases_max_windows, sw_cases_average_windows, sw_cases_losses;

#define CASE_LIST(array)                                                                                     \
    {                                                                                                        \
        array, sizeof(array) / sizeof *(array)                                                               \
    }

/* Those of concat, add, global_average_pool, broadcast and scale. */
extern const sw_check_cases sw_cases_joins;

/* With activations as bfloat16. */
extern const sw_check_cases sw_cases_storage;

#endif
