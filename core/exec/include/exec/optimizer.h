/* The optimiser: one sweep over the contiguous slab of parameters. */
#ifndef EXEC_OPTIMIZER_H
#define EXEC_OPTIMIZER_H

#include "exec/executor.h"

typedef enum sw_optimizer_kind {
    SW_OPT_ADAM,
    SW_OPT_ADAMW,
    SW_OPT_SGD
} sw_optimizer_kind; /* adam, adamw, sgd */

enum { SW_MAX_PARAM_GROUPS = 16 };

/* Parameters that train otherwise than the rest; one in several groups has the product of their factors. */
typedef struct sw_param_group {
    const char *const *match; /* patterns of names (base/pattern.h); "1d": every tensor of one dimension */
    int match_count;
    float lr, decay; /* factors of learning rate and weight decay */
} sw_param_group;

/* Factors of one parameter. A rate of 0: it stays as it is, and so do its moments. */
typedef struct sw_param_factor {
    float lr, decay;
} sw_param_factor;

/* As torch.optim.Adam, AdamW and SGD define them (weight decay, bias correction, momentum, Nesterov). */
typedef struct sw_optimizer_config {
    sw_optimizer_kind kind;
    float lr; /* before the schedule; a step is given its own */
    float beta1, beta2, eps;
    float weight_decay; /* adam, sgd: joins the gradient; adamw: decoupled */
    float momentum;     /* sgd */
    bool nesterov;
    float clip_norm; /* largest norm of all gradients together, see exec/gradients.h; 0: any */
    int group_count;
    sw_param_group groups[SW_MAX_PARAM_GROUPS]; /* resolved by nn/param_rules.h */
} sw_optimizer_config;

enum { SW_MAX_MOMENTS = 2 };

typedef struct sw_optimizer {
    sw_optimizer_config config;
    sw_store *store; /* borrowed */
    int moment_count;
    cl_mem moments[SW_MAX_MOMENTS]; /* slabs like store->params */
    uint64_t steps;                 /* taken so far: what bias correction counts */
    cl_mem halted;                  /* int, 0 at first: while it is not, updates leave everything as it is */
    cl_mem factors;                 /* by 128 elements, see cl_kernels/optimizer.cl; NULL: all are 1 */
    const void *kernel;
} sw_optimizer;

sw_status sw_optimizer_init(sw_optimizer *optimizer, sw_store *store,
                            const sw_optimizer_config *config) SW_NODISCARD;
/* From now on each parameter of the graph trains with its own factors, one a parameter. */
sw_status sw_optimizer_set_factors(sw_optimizer *optimizer, const sw_graph *graph,
                                   const sw_param_factor *factors) SW_NODISCARD;
void sw_optimizer_deinit(sw_optimizer *optimizer);
/* Enqueues one update with the store's gradients at learning rate `lr`. */
sw_status sw_optimizer_step(sw_optimizer *optimizer, double lr) SW_NODISCARD;
/* Moments a parameter has: adam and adamw 2 (m, v), sgd with momentum 1 (buffer), sgd without 0. */
int sw_optimizer_count_moments(const sw_optimizer_config *config);
const char *sw_optimizer_moment_name(const sw_optimizer *optimizer,
                                     int i); /* "exp_avg", "exp_avg_sq", "momentum_buffer" */

#endif
