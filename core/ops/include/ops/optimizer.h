/* The optimiser: one sweep over the contiguous slab of parameters. */
#ifndef OPS_OPTIMIZER_H
#define OPS_OPTIMIZER_H

#include "ops/executor.h"

typedef enum sw_optimizer_kind {
    SW_OPT_ADAM,
    SW_OPT_ADAMW,
    SW_OPT_SGD
} sw_optimizer_kind; /* adam, adamw, sgd */

/* As torch.optim.Adam, AdamW and SGD define them (weight decay, bias correction, momentum, Nesterov). */
typedef struct sw_optimizer_config {
    sw_optimizer_kind kind;
    float lr; /* before the schedule; a step is given its own */
    float beta1, beta2, eps;
    float weight_decay; /* adam, sgd: joins the gradient; adamw: decoupled */
    float momentum;     /* sgd */
    bool nesterov;
    float clip_norm; /* largest norm of all gradients together, see ops/gradients.h; 0: any */
} sw_optimizer_config;

enum { SW_MAX_MOMENTS = 2 };

typedef struct sw_optimizer {
    sw_optimizer_config config;
    sw_store *store; /* borrowed */
    int moment_count;
    cl_mem moments[SW_MAX_MOMENTS]; /* slabs like store->params */
    uint64_t steps;                 /* taken so far: what bias correction counts */
    cl_mem halted;                  /* int, 0 at first: while it is not, updates leave everything as it is */
    const void *kernel;
} sw_optimizer;

sw_status sw_optimizer_init(sw_optimizer *optimizer, sw_store *store,
                            const sw_optimizer_config *config) SW_NODISCARD;
void sw_optimizer_deinit(sw_optimizer *optimizer);
/* Enqueues one update with the store's gradients at learning rate `lr`. */
sw_status sw_optimizer_step(sw_optimizer *optimizer, double lr) SW_NODISCARD;
/* Moments a parameter has: adam and adamw 2 (m, v), sgd with momentum 1 (buffer), sgd without 0. */
int sw_optimizer_count_moments(const sw_optimizer_config *config);
const char *sw_optimizer_moment_name(const sw_optimizer *optimizer,
                                     int i); /* "exp_avg", "exp_avg_sq", "momentum_buffer" */

#endif
