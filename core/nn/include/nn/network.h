/* A model on a device: what it takes to train it, to evaluate it, or both. The training graph and the
 * evaluation graph have their own batch sizes and plans, and share parameters, running statistics and memory.
 */
#ifndef NN_NETWORK_H
#define NN_NETWORK_H

#include "nn/config.h"
#include "nn/memory_table.h"
#include "nn/model.h"
#include "ops/averages.h"
#include "ops/executor.h"
#include "ops/gradients.h"
#include "ops/loss_log.h"
#include "ops/metrics.h"
#include "ops/optimizer.h"

typedef struct sw_network_options {
    const sw_model_config *model;
    const sw_loss_config *loss;           /* class weights resolved into numbers */
    const sw_optimizer_config *optimizer; /* NULL: evaluation only */
    float ema_decay;                      /* of the averages of the parameters; 0: none are kept */
    int size_px, train_batch, eval_batch; /* train_batch is not looked at without an optimiser */
    sw_conv_choice conv_engine;
    const sw_conv_pins
        *conv_pins; /* with SW_CONV_AUTO, layer by layer, until the network is planned; NULL: none */
    size_t workspace_cap_bytes;
    bool check, debug_buffers; /* see sw_executor_options */
    int loss_every; /* training steps at most between two calls of sw_network_losses; 0: 1 on a CPU,
                       some on other devices */
} sw_network_options;

/* The batches of a step that are trained on so far (nn/step_group.c). A batch weighs what its pixels weigh in
 * the loss together. */
typedef struct sw_step_group {
    int batches;
    double weight;   /* of all batches */
    double unit;     /* weight of the batch whose gradients the sum has times 1 */
    double loss_sum; /* of weight times loss */
} sw_step_group;

typedef struct sw_network {
    sw_cl *cl; /* borrowed */
    sw_network_options options;
    sw_model train_model, eval_model;
    sw_executor *trainer, *evaluator; /* trainer NULL: evaluation only */
    sw_store store;
    sw_slabs pool;
    sw_gradients gradients;
    sw_step_group group;
    sw_optimizer optimizer;
    sw_averages averages; /* params NULL: none are kept */
    sw_metrics *metrics;
    sw_loss_log losses; /* of the steps the host has not asked about */
    cl_event uploaded;  /* the last batch; NULL: it is there */
} sw_network;

/* Builds the graphs, the programs and the plans; takes no memory on the device yet. */
sw_status sw_network_plan(sw_network *network, sw_cl *cl, const sw_network_options *options) SW_NODISCARD;

/* Allocates everything and sets initial parameters from `seed`. SW_E_MEMORY with a hint when it does not fit.
 */
sw_status sw_network_allocate(sw_network *network, uint64_t seed) SW_NODISCARD;

void sw_network_deinit(sw_network *network); /* accepts a zeroed one, and one half made */

/* The graph whose parameters the store holds. */
const sw_graph *sw_network_graph(const sw_network *network);

/* A training step on n <= train_batch images (n,S,S,3) in 0..1 and labels (n,S,S) is an upload and an
 * enqueue_step. Neither waits for the step, unless loss_every is 1: the images and labels must stay as they
 * are until the next upload or sw_network_losses returns. At least every loss_every steps the losses are
 * asked for.
 *
 * A loss that is not finite halts the training on the device: its own step and all that follow leave
 * parameters and moments as they were. */
sw_status sw_network_upload(sw_network *network, const float *images, const uint8_t *labels,
                            int n) SW_NODISCARD;
sw_status sw_network_enqueue_step(sw_network *network, int n, double lr) SW_NODISCARD;

/* Waits for the steps since the last call and gives their losses, each from before its update, oldest first;
 * *losses is valid until the next step. */
sw_status sw_network_losses(sw_network *network, const float **losses, int *count) SW_NODISCARD;

/* SW_E_NUMERIC, for the first loss that was not finite and the batch that gave it: the message names the
 * first node or parameter where it shows. */
sw_status sw_network_explain_loss(sw_network *network, const float *images, const uint8_t *labels, int n,
                                  double loss) SW_NODISCARD;

/* What loss_every comes to on this device. */
int sw_network_loss_every(const sw_network *network);

/* All of it in one call, with the loss of this batch from before the update. */
sw_status sw_network_train_step(sw_network *network, const float *images, const uint8_t *labels, int n,
                                double lr, double *loss) SW_NODISCARD;

/* One batch of a step of several; the `last` one makes the update. The step is then that of one batch of all
 * their images (but for batch norms, which see a batch at a time): what is made small is the mean over all
 * pixels, by their classes' weights and without ignored ones, also where the batches differ in size. *loss is
 * that mean over the batches so far. */
sw_status sw_network_train_batch(sw_network *network, const float *images, const uint8_t *labels, int n,
                                 double lr, bool last, double *loss) SW_NODISCARD;

/* Exchanges the parameters and statistics with their averages, so that what follows evaluates and saves
 * those; a second call brings them back. Nothing where no averages are kept. */
sw_status sw_network_swap_averages(sw_network *network) SW_NODISCARD;

/* What is wanted of a batch; NULL: not. */
typedef struct sw_batch_results {
    double *loss;         /* its mean over the batch; one that is no number is an error that says where */
    uint32_t *confusion;  /* (n,K,K), rows truth, columns prediction */
    float *soft;          /* (n,2) intersection and union */
    uint8_t *predictions; /* (n,S,S) */
    uint8_t *confidence;  /* (n,S,S): round(255 p) of the predicted class's softmax p */
} sw_batch_results;

/* Enqueues the evaluation of n <= eval_batch images, which are copied. */
sw_status sw_network_enqueue_evaluation(sw_network *network, const float *images, const uint8_t *labels,
                                        int n) SW_NODISCARD;
/* Waits for the results of the batch enqueued last. Its images and labels are looked at once more only where
 * the loss is no number, and only where it is asked for. */
sw_status sw_network_read_evaluation(sw_network *network, const float *images, const uint8_t *labels, int n,
                                     const sw_batch_results *wanted) SW_NODISCARD;
/* Both. */
sw_status sw_network_evaluate(sw_network *network, const float *images, const uint8_t *labels, int n,
                              const sw_batch_results *wanted) SW_NODISCARD;

/* The logits (n,S,S,classes) of n <= eval_batch images. */
sw_status sw_network_predict(sw_network *network, float *logits, const float *images, int n) SW_NODISCARD;

/* What the network holds on the device, from its plans. */
void sw_network_memory(const sw_network *network, sw_memory_table *table);

#endif
