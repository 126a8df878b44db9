/* An op with activations kept as bfloat16, beside the same in float32. */
#ifndef STORAGE_CASE_H
#define STORAGE_CASE_H

#include "graph/op.h"

/* An op to be tried on `session` (device_case.h): one input of so many channels and floats, and where the op
 * has two a second, of packed offsets. */
typedef struct storage_case {
    const char *name;
    const sw_op *op, *next; /* the op, and what follows it, with one input and no attributes; NULL: nothing */
    const void *attrs;
    int side, channels;
    bool x_stays, y_stays; /* float32 in any case: what is thin */
} storage_case;

/* Expects that with x, y or both as bfloat16 the results are those of float32 on the same values, rounded
 * once: to the nearest, the even one of two as near. So are gradients of x, also where two ops add theirs;
 * those of parameters are not rounded at all. */
void expect_rounding_alone(const storage_case *c);

#endif
