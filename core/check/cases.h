/* What the files with cases share: a macro for an op's case, and the lists of cases that cases.c puts
 * together. */
#ifndef CHECK_CASES_H
#define CHECK_CASES_H

#include "check/check.h"
#include "ops/ops.h"

#define TINY  SW_CHECK_TINY
#define QUICK SW_CHECK_QUICK
#define FULL  SW_CHECK_FULL

#define OP(size_, op_, attrs_, n, h, w, c, fill_, evaluate_)                                                 \
    {                                                                                                        \
        .subject = #op_, .size = size_, .op = &(const sw_op_case)                                            \
        {                                                                                                    \
            &sw_op_##op_, attrs_, {n, h, w, c}, SW_FILL_##fill_, evaluate_                                   \
        }                                                                                                    \
    }

/* A list of cases, in a file of its own where it is long; cases.c names them all. */
typedef struct sw_check_cases {
    const sw_check_case *cases;
    size_t count;
} sw_check_cases;

extern const sw_check_cases sw_cases_losses;

#define CASE_LIST(array)                                                                                     \
    {                                                                                                        \
        array, sizeof(array) / sizeof *(array)                                                               \
    }

#endif
