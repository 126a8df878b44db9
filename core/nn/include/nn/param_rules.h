/* What an experiment says of single parameters: which are frozen, and which learn or decay at another rate.
 */
#ifndef NN_PARAM_RULES_H
#define NN_PARAM_RULES_H

#include "exec/optimizer.h"
#include "graph/graph.h"

typedef struct sw_param_rules {
    bool *frozen;             /* by parameter; NULL: none is */
    sw_param_factor *factors; /* by parameter, 0 for frozen ones; NULL: all are 1 */
} sw_param_rules;

/* Resolves optimizer.groups and init.freeze for a graph's parameters. SW_E_CONFIG: a pattern that is the name
 * of no parameter, with the nearest names; or nothing is left to be trained. */
sw_status sw_param_rules_init(sw_param_rules *rules, const sw_graph *graph, const sw_optimizer_config *config,
                              const char *const *freeze, int freeze_count) SW_NODISCARD;
void sw_param_rules_deinit(sw_param_rules *rules); /* accepts a zeroed one */

#endif
