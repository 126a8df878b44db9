/* The harness: one op, one shape, one kind of input at a time, on a device, against the reference.
 *
 * An op is put alone in a graph and driven by the real planner and executor. Checked are:
 *
 * - every element of every result (outputs, gradients, parameter gradients, running statistics) against the
 *   double reference, within a bound derived from that element's own terms. Small-integer inputs must come
 *   out exactly. Of large convolutions a random sample of elements is compared;
 * - that a second run gives the same bits;
 * - that nothing is written outside: buffers hold more images than are run, and what lies beyond stays as it
 *   was; so do inputs, parameters and the gaps between parameters. Outputs and workspace hold NaN before each
 *   run, so that what is not written, or read too early, is found;
 * - that a gradient is added where one is there already, and parameter gradients always;
 * - that an op with several inputs takes the same value for all of them, whose gradient is then their sum;
 * - that recomputing gives the forward pass's bits, and working in place the bits of working apart.
 *
 * A comparison that fails is a result, not an error: statuses report what could not be run at all. */
#ifndef CHECK_CHECK_H
#define CHECK_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "cl/device.h"
#include "exec/optimizer.h"
#include "graph/op.h"

typedef struct sw_check_result {
    char text[64]; /* the case in words: "3x3 16->17, 2x7x31, integers" */
    bool passed;
    double worst;    /* the largest error in units of its bound: passed when <= 1. INFINITY for other flaws */
    char where[192]; /* the worst element (tensor, coordinates, found, expected, bound), or the flaw in words
                      */
    double ms;       /* of the op itself: a forward and, where it has one, a backward pass, second run */
} sw_check_result;

typedef enum sw_check_fill {
    SW_FILL_UNIFORM,  /* -1..1 */
    SW_FILL_INTEGERS, /* -2..2: sums are exact in any order, and results must be equal */
    SW_FILL_TIES,     /* 0, 0.5 or 1: windows with several maxima, ReLU's zeros */
    SW_FILL_SHIFTED,  /* 1000 + (-1..1): a mean far larger than the deviation */
    SW_FILL_LARGE,    /* -80..80: exponentials overflow if the largest is not taken out first */
    SW_FILL_NANS,     /* -1..1, one in eight a NaN or an infinity */
} sw_check_fill;

typedef struct sw_op_case {
    const sw_op *op;
    const void *attrs;
    sw_shape x; /* of the first input; n images are run, buffers hold one more */
    sw_check_fill fill;
    bool evaluate; /* forward only, with running statistics */
    bool bfloat16; /* input 0, others that are to be alike, and output 0 are kept so; tried alone */
    bool rounded; /* inputs, gradients and parameters have values of bfloat16: of what rounds them to these */
    /* Of an op that takes any number of inputs; 0: the fewest. */
    int input_count;
    /* Of inputs 1, 2, .. that differ from the first one in their channels; 0: they do not. */
    int channels[SW_MAX_INPUTS];
} sw_op_case;

sw_status sw_check_op(sw_check_result *out, sw_cl *cl, const sw_op_case *c) SW_NODISCARD;

typedef struct sw_gemm_case {
    bool transpose_a, transpose_b;
    size_t m, n, k;
    float beta;
    bool embedded; /* the matrices are parts of larger ones: rows longer than needed, offsets not 0 */
    sw_check_fill fill;
} sw_gemm_case;

sw_status sw_check_gemm(sw_check_result *out, sw_cl *cl, const sw_gemm_case *c) SW_NODISCARD;

typedef struct sw_optimizer_case {
    sw_optimizer_kind kind;
    double beta1, beta2, eps, weight_decay, momentum;
    bool nesterov;
    double lr;
    int steps, channels; /* the parameters are those of two batch norms of that many channels */
    bool factors;        /* the first one is frozen, the others learn half as fast and decay twice as much */
} sw_optimizer_case;

sw_status sw_check_optimizer(sw_check_result *out, sw_cl *cl, const sw_optimizer_case *c) SW_NODISCARD;

/* Slabs of so many blocks of SW_PARAM_ALIGN_ELEMS values. */
typedef struct sw_gradients_case {
    double factor, clip_norm;
    int blocks;
} sw_gradients_case;

sw_status sw_check_gradients(sw_check_result *out, sw_cl *cl, const sw_gradients_case *c) SW_NODISCARD;

typedef struct sw_averages_case {
    double decay;
    int updates, blocks;
} sw_averages_case;

/* An update of the averages, then their exchange with the values. */
sw_status sw_check_averages(sw_check_result *out, sw_cl *cl, const sw_averages_case *c) SW_NODISCARD;

typedef struct sw_metrics_case {
    sw_shape logits; /* n images are run, room for one more */
    int ignore_index;
    sw_check_fill fill;
} sw_metrics_case;

sw_status sw_check_metrics(sw_check_result *out, sw_cl *cl, const sw_metrics_case *c) SW_NODISCARD;

/* --- the table --------------------------------------------------------------------------------- */

/* Every case belongs to one size and to all larger ones. */
typedef enum sw_check_size {
    SW_CHECK_TINY,  /* a handful of elements, every kernel at least once: for a simulator */
    SW_CHECK_QUICK, /* odd sizes and channel counts: seconds */
    SW_CHECK_FULL,  /* the real shapes too: ten seconds on two cores, a minute with nothing built yet */
} sw_check_size;

typedef struct sw_check_case {
    const char *subject; /* the op's name, "gemm", "optimizer", "gradients", "averages" or "metrics" */
    sw_check_size size;
    const sw_op_case *op; /* one of these is not NULL */
    const sw_gemm_case *gemm;
    const sw_optimizer_case *optimizer;
    const sw_gradients_case *gradients;
    const sw_averages_case *averages;
    const sw_metrics_case *metrics;
} sw_check_case;

/* Case number i of all there are, from 0; NULL behind the last. */
const sw_check_case *sw_check_case_at(size_t i);
/* Subject number i, in the order of their first cases; NULL behind the last. */
const char *sw_check_subject_at(size_t i);

/* Runs a case. A status other than SW_OK means that it could not be run; `out` holds its text even then. */
sw_status sw_check_run(sw_check_result *out, sw_cl *cl, const sw_check_case *c) SW_NODISCARD;

#endif
