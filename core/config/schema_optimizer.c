/* The keys of `optimizer`. */
#include "config/experiment.h"
#include "schema_tables.h"

static const char *const optimizer_names[] = {"adam", "adamw", "sgd", NULL};

#define HERE sw_optimizer_config
static const sw_field optimizer_fields[] = {
    CHOICE(kind, "adam", optimizer_names, "The optimiser; adamw is adam with decoupled weight decay"),
    POSITIVE(lr, "0.001", 100, "Learning rate, before the schedule"),
    REAL(beta1, "0.9", 0.9999, "adam, adamw: decay of the running mean of the gradient"),
    REAL(beta2, "0.999", 0.9999, "adam, adamw: decay of the running mean of the squared gradient"),
    POSITIVE(eps, "1.0e-8", 1, "adam, adamw: added to the denominator"),
    REAL(weight_decay, "0", 100, "Weight decay (L2 penalty; decoupled with adamw)"),
    REAL(momentum, "0.9", 0.9999, "sgd: momentum"),
    BOOL(nesterov, "false", "sgd: use Nesterov momentum"),
    REAL(clip_norm, "0", 1e6,
         "Clip the gradients to this norm, taken over all of them together; 0: no clipping"),
};
const sw_field_table schema_optimizer_table = TABLE(optimizer_fields);
#undef HERE
