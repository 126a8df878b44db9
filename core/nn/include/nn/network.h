/* A model on a device: what it takes to train it, to evaluate it, or both. The training graph and the
 * evaluation graph have their own batch sizes and plans, and share parameters, running statistics and memory.
 */
#ifndef NN_NETWORK_H
#define NN_NETWORK_H

#include "base/str.h"
#include "nn/config.h"
#include "nn/model.h"
#include "ops/executor.h"
#include "ops/metrics.h"
#include "ops/optimizer.h"

typedef struct sw_network_options {
    const sw_model_config *model;
    const sw_loss_config *loss;           /* class weights resolved into numbers */
    const sw_optimizer_config *optimizer; /* NULL: evaluation only */
    int size_px, train_batch, eval_batch; /* train_batch is not looked at without an optimiser */
    sw_conv_choice conv_engine;
    size_t workspace_cap_bytes;
    bool check, debug_buffers; /* see sw_executor_options */
} sw_network_options;

typedef struct sw_network {
    sw_cl *cl; /* borrowed */
    sw_network_options options;
    sw_update_config update;
    sw_model train_model, eval_model;
    sw_executor *trainer, *evaluator; /* trainer NULL: evaluation only */
    sw_store store;
    sw_pool pool;
    sw_optimizer optimizer;
    sw_metrics *metrics;
} sw_network;

/* Builds the graphs, the programs and the plans; takes no memory on the device yet. */
sw_status sw_network_plan(sw_network *network, sw_cl *cl, const sw_network_options *options) SW_NODISCARD;

/* Allocates everything and sets initial parameters from `seed`. SW_E_MEMORY with a hint when it does not fit.
 */
sw_status sw_network_allocate(sw_network *network, uint64_t seed) SW_NODISCARD;

void sw_network_deinit(sw_network *network); /* accepts a zeroed one, and one half made */

/* The graph whose parameters the store holds. */
const sw_graph *sw_network_graph(const sw_network *network);

/* One training step on n <= train_batch images (n,S,S,3) in 0..1 and labels (n,S,S); gives the batch's loss
 * from before the update. A loss that is not finite is SW_E_NUMERIC: the message names the first node or
 * parameter where it shows, and the parameters are left as they were. */
sw_status sw_network_train_step(sw_network *network, const float *images, const uint8_t *labels, int n,
                                double lr, double *loss) SW_NODISCARD;

/* Evaluates n <= eval_batch images. confusion (n,K,K) rows truth; soft (n,2) intersection and union;
 * predictions (n,S,S); any may be NULL. */
sw_status sw_network_evaluate(sw_network *network, const float *images, const uint8_t *labels, int n,
                              double *loss, uint32_t *confusion, float *soft,
                              uint8_t *predictions) SW_NODISCARD;

/* The logits (n,S,S,classes) of n <= eval_batch images. */
sw_status sw_network_predict(sw_network *network, float *logits, const float *images, int n) SW_NODISCARD;

/* --- memory table ---------------------------------------------------------------------------- */

typedef struct sw_memory_row {
    const char *what, *note;
    size_t bytes;
} sw_memory_row;

enum { SW_MEMORY_ROWS = 6 };

typedef struct sw_memory_table {
    sw_memory_row rows[SW_MEMORY_ROWS];
    int count;
    size_t total_bytes;
    char notes[SW_MEMORY_ROWS][96];
} sw_memory_table;

/* What a session holds on the device. `train_plan` may be NULL (evaluation only); workspace_bytes is the
 * larger of both. */
void sw_memory_table_make(sw_memory_table *table, const sw_graph *graph, const sw_plan *train_plan,
                          const sw_plan *eval_plan, int moments, size_t workspace_bytes);
void sw_memory_table_print(sw_str *out, const sw_memory_table *table);
void sw_network_memory(const sw_network *network, sw_memory_table *table);

#endif
