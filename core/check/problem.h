/* The host's side of one case: what goes in, what has to come out, and how close. Everything in double, so
 * that the reference can work on it; what is uploaded is representable in the device's type. */
#ifndef CHECK_PROBLEM_H
#define CHECK_PROBLEM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/rng.h"
#include "check/check.h"
#include "check/reference.h"
#include "cl/buffer.h"

typedef struct sw_tensor {
    const char *name; /* "x", "dw": for messages */
    sw_dtype dtype;
    int rank, dims[4];     /* of the images that are run */
    size_t elems;          /* product of dims; 0: the op has no such tensor */
    size_t capacity_elems; /* of the buffer, with the image that is not run */
    double *given;        /* its content before the run: an input, a parameter, a gradient that is added to */
    double *want, *bound; /* after the run; a negative bound: the element is not in the sample
                             that is compared */
    double *found;
    bool expected; /* want and bound are to be compared with found */
} sw_tensor;

typedef struct sw_problem {
    const sw_op_case *c;
    const sw_graph *graph;
    const sw_node *node;
    sw_arena arena;
    sw_rng rng;
    sw_shape x, y; /* shapes of input 0 and output 0, n as run */
    sw_tensor in[SW_MAX_INPUTS], din[SW_MAX_INPUTS];
    sw_tensor out[SW_MAX_OUTPUTS], dout[SW_MAX_OUTPUTS];
    sw_tensor param[SW_MAX_PARAMS], dparam[SW_MAX_PARAMS];
    sw_tensor state[SW_MAX_STATES];
    uint8_t *offsets; /* max_unpool: its second input, unpacked */
} sw_problem;

/* What the harness has to know of an op beyond its descriptor. */
typedef struct sw_expectation {
    const char *op_name;
    /* Shape and type of input i > 0, for a first input of shape x; NULL: floats of x's shape, but for the
     * channels where the case gives others. */
    sw_shape (*input_shape)(sw_dtype *dtype, sw_shape x, int i);
    /* Fills what uniform numbers do not suit (labels, offsets, variances); may be NULL. */
    sw_status (*prepare)(sw_problem *p);
    /* forward sets want and bound of out and state; backward, which may read the outputs found, sets those of
     * din and dparam, without what dparam held before. */
    sw_status (*forward)(sw_problem *p);
    sw_status (*backward)(sw_problem *p);
    /* Adds to want and bound of din[0] what a second node of the op gives for `scale` times the gradient,
     * where that is not so much of what the first one gives; NULL: it is. */
    sw_status (*twin)(sw_problem *p, double scale);
    /* The case in words, without fill and shape; may be NULL. */
    void (*describe)(char *text, size_t bytes, const sw_op_case *c);
} sw_expectation;

/* What a case's random numbers are drawn from: numbers with bits in every word of the generator's key and
 * counter. */
#define SW_CHECK_SEED UINT64_C(0x8badf00dfeedface)
#define SW_CHECK_STEP UINT64_C(0xc0ffee420003)

/* NULL when there is none for that op. */
const sw_expectation *sw_expectation_find(const char *op_name);

extern const sw_expectation sw_expect_conv2d;
extern const sw_expectation sw_expect_depthwise_conv2d;
extern const sw_expectation sw_expect_batchnorm;
extern const sw_expectation sw_expect_max_pool;
extern const sw_expectation sw_expect_max_unpool;
extern const sw_expectation sw_expect_average_pool;
extern const sw_expectation sw_expect_upsample;
extern const sw_expectation sw_expect_cross_entropy;
extern const sw_expectation sw_expect_focal;
extern const sw_expectation sw_expect_concat;
extern const sw_expectation sw_expect_add;
extern const sw_expectation sw_expect_global_average_pool;
extern const sw_expectation sw_expect_broadcast;
extern const sw_expectation sw_expect_scale;
extern const sw_expectation sw_expect_relu;
extern const sw_expectation sw_expect_leaky_relu;
extern const sw_expectation sw_expect_silu;
extern const sw_expectation sw_expect_sigmoid;
extern const sw_expectation sw_expect_dropout;
extern const sw_expectation sw_expect_group_norm;
extern const sw_expectation sw_expect_local_response_norm;
extern const sw_expectation sw_expect_bilinear;
extern const sw_expectation sw_expect_conv_transpose2d;
extern const sw_expectation sw_expect_dice;
extern const sw_expectation sw_expect_tversky;
extern const sw_expectation sw_expect_boundary;
extern const sw_expectation sw_expect_ohem;
extern const sw_expectation sw_expect_lovasz;

/* Makes the tensors of the graph's node `node` (its op alone) and fills what is given. */
sw_status sw_problem_init(sw_problem *p, const sw_op_case *c, const sw_expectation *expectation,
                          const sw_graph *graph, const sw_node *node) SW_NODISCARD;
void sw_problem_deinit(sw_problem *p);

/* A tensor of these dimensions with all its arrays, zeroed, in the problem's arena. */
sw_status sw_tensor_init(sw_tensor *t, sw_problem *p, const char *name, sw_dtype dtype, int rank,
                         const int *dims, size_t capacity_elems) SW_NODISCARD;
double *sw_problem_doubles(sw_problem *p, size_t count); /* in the arena, zeroed; NULL with the message set */

/* Reads or writes a buffer of `count` floats as doubles. */
sw_status sw_read_floats(double *to, sw_cl *cl, cl_mem buffer, size_t count) SW_NODISCARD;
sw_status sw_write_floats(sw_cl *cl, cl_mem buffer, const double *from, size_t count) SW_NODISCARD;

/* The coordinates of element i. */
void sw_tensor_place(int at[4], const sw_tensor *t, size_t i);

/* `count` numbers as `fill` says, representable as float. */
void sw_fill_run(double *values, size_t count, sw_check_fill fill, sw_rng *rng);
const char *sw_fill_name(sw_check_fill fill);

/* Calls `element` for all elements of the tensor, or for a random sample where all would take more than some
 * millions of terms; sets bound < 0 for the rest. Exact: bounds are 0. */
typedef sw_sum (*sw_element)(const sw_problem *p, const int *at);
void sw_expect_elements(sw_problem *p, sw_tensor *t, size_t terms, bool exact, sw_element element);

/* --- comparison -------------------------------------------------------------------------------- */

/* The case passed so far; sets its text. */
void sw_result_begin(sw_check_result *result, const char *fmt, ...) SW_PRINTF(2, 3);
/* Something wrong that is no element's error; the first one is kept. */
void sw_result_flaw(sw_check_result *result, const char *fmt, ...) SW_PRINTF(2, 3);
/* Compares found with want and keeps the worst element. A NaN must be met by a NaN, an infinity by itself. */
void sw_result_compare(sw_check_result *result, const sw_tensor *t);

#endif
