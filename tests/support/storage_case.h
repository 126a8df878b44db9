/* An op with activations kept as bfloat16, beside the same in float32. */
#ifndef STORAGE_CASE_H
#define STORAGE_CASE_H

#include <stddef.h>

#include "graph/op.h"

/* What an op with a second input has there. */
typedef enum storage_second {
    STORAGE_NOTHING,
    STORAGE_OFFSETS, /* packed places of a 2x2 pool */
    STORAGE_ALIKE,   /* another tensor like the first, kept in the same way */
    STORAGE_FACTOR,  /* a float32 number for each channel of each image */
} storage_second;

/* An op to be tried on `session` (device_case.h), on images of side x side pixels. */
typedef struct storage_case {
    const char *name;
    const sw_op *op, *next; /* the op, and what follows it, with one input and no attributes; NULL: nothing */
    const void *attrs;
    int side, channels;
    storage_second second;
    bool x_stays, y_stays; /* float32 in any case: what is thin */
    bool moves;            /* it computes nothing, so that there may be nothing to round */
    bool reads_y;          /* dx follows from y as it is kept: not compared where that is rounded */
    bool draws;            /* random numbers, which differ from node to node: not tried twice in a graph */
} storage_case;

/* Expects that with x, y or both as bfloat16 the results are those of float32 on the same values, rounded
 * once: to the nearest, the even one of two as near. So are gradients of x, also where two ops add theirs;
 * those of parameters are not rounded at all. */
void expect_rounding_alone(const storage_case *c);

/* The same of y alone, made of an x in float32 of these values, again and again. */
void expect_rounding_of(const storage_case *c, const float *values, size_t count);

#endif
