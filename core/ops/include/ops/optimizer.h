/* The optimiser: one sweep over the contiguous slab of parameters. */
#ifndef OPS_OPTIMIZER_H
#define OPS_OPTIMIZER_H

#include "ops/executor.h"

typedef enum sw_update_kind { SW_UPDATE_ADAM, SW_UPDATE_ADAMW, SW_UPDATE_SGD } sw_update_kind;

/* As torch.optim.Adam, AdamW and SGD define them (weight decay, bias correction, momentum, Nesterov). */
typedef struct sw_update_config {
    sw_update_kind kind;
    float beta1, beta2, eps, weight_decay;
    float momentum;
    bool nesterov;
} sw_update_config;

enum { SW_MAX_MOMENTS = 2 };

typedef struct sw_optimizer {
    sw_update_config config;
    sw_store *store;                /* borrowed */
    int moment_count;               /* adam 2 (m, v), sgd 1 with momentum (buffer), else 0 */
    cl_mem moments[SW_MAX_MOMENTS]; /* slabs like store->params */
    uint64_t steps;                 /* taken so far: what bias correction counts */
    cl_mem halted;                  /* int, 0 at first: while it is not, updates leave everything as it is */
    const void *kernel;
} sw_optimizer;

sw_status sw_optimizer_init(sw_optimizer *optimizer, sw_store *store,
                            const sw_update_config *config) SW_NODISCARD;
void sw_optimizer_deinit(sw_optimizer *optimizer);
/* Enqueues one update with the store's gradients at learning rate `lr`. */
sw_status sw_optimizer_step(sw_optimizer *optimizer, double lr) SW_NODISCARD;
const char *sw_optimizer_moment_name(const sw_optimizer *optimizer,
                                     int i); /* "exp_avg", "exp_avg_sq", "momentum_buffer" */

#endif
