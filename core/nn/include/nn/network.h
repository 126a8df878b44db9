/* A model on a device, to be trained, evaluated, or both. The training graph and the
 * evaluation graph have their own batch sizes and plans, and share parameters, running statistics and memory.
 */
#ifndef NN_NETWORK_H
#define NN_NETWORK_H

#include "comm/comm.h"
#include "exec/averages.h"
#include "exec/buckets.h"
#include "exec/executor.h"
#include "exec/gradients.h"
#include "exec/loss_log.h"
#include "exec/optimizer.h"
#include "nn/config.h"
#include "nn/memory_table.h"
#include "nn/model.h"
#include "nn/param_rules.h"
#include "ops/metrics.h"

typedef struct sw_network_options {
    const sw_model_config *model;
    const sw_loss_config *loss;           /* class weights resolved into numbers */
    const sw_optimizer_config *optimizer; /* NULL: evaluation only */
    const char *const *freeze;            /* patterns of parameters that are not trained; NULL: none */
    int freeze_count;
    float ema_decay;             /* of the averages of the parameters; 0: none are kept */
    sw_size size;                /* of the images */
    int train_batch, eval_batch; /* train_batch is not used without an optimiser */
    sw_conv_choice conv_engine;
    const sw_conv_pins
        *conv_pins;    /* with SW_CONV_AUTO, layer by layer, until the network is planned; NULL: none */
    bool exact_places; /* of evaluation and prediction: sw_conv2d_attrs */
    bool bfloat16;     /* of training's activations: sw_storage_narrow (ops/storage.h) */
    size_t workspace_cap_bytes;
    bool check, debug_buffers; /* see sw_executor_options */
    sw_comm *comm;  /* of the processes that share the training batches out; NULL: there is one. Borrowed */
    bool sync_norm; /* with `comm`: batch norms take the statistics of the whole batch */
    size_t bucket_bytes; /* with `comm`: of gradients exchanged at a time, at least (exec/buckets.h); 0: as
                            many as suit */
    int loss_every;      /* training steps at most between two calls of sw_network_losses; 0: 1 on a CPU,
                            some on other devices */
} sw_network_options;

/* The batches of the step under way. What a batch weighs in a loss follows from its labels (sw_op.weigh). */
typedef struct sw_step_batches {
    int count;
    double weights[SW_MAX_LOSSES]; /* of the batches so far, in each loss */
    bool known;                    /* `totals` are those of all batches of the step */
    double totals[SW_MAX_LOSSES];
    double unit; /* with one loss: the gradient buffer holds the weighted sum of gradients divided by this */
} sw_step_batches;

/* The loss of a step or a batch, which is the sum of all losses by their weights, and each of these. */
typedef struct sw_loss_values {
    double total, of[SW_MAX_LOSSES];
} sw_loss_values;

typedef struct sw_network {
    sw_cl *cl; /* borrowed */
    sw_network_options options;
    uint64_t seed; /* of the initial parameters and of what ops draw */
    sw_model train_model, eval_model;
    sw_executor *trainer, *evaluator; /* trainer NULL: evaluation only */
    sw_store store;
    sw_slabs slabs;
    sw_gradients gradients;
    sw_buckets buckets; /* of gradients; none for one process */
    sw_step_batches step;
    bool spare; /* the batch at hand does not count: see sw_network_set_place */
    sw_optimizer optimizer;
    sw_param_rules rules; /* of single parameters; of the training graph */
    sw_averages averages; /* params NULL: none are kept */
    sw_metrics *metrics;
    sw_loss_log losses;          /* of the steps whose loss the host has not read */
    sw_loss_values *read_losses; /* (capacity of the log) as read last */
    cl_event uploaded;           /* upload of the last batch; NULL: it is complete */
} sw_network;

/* Builds the graphs, the programs and the plans; takes no memory on the device yet. */
sw_status sw_network_plan(sw_network *network, sw_cl *cl, const sw_network_options *options) SW_NODISCARD;

/* Allocates everything and sets initial parameters from `seed`, which the random numbers of dropout layers
 * are drawn from as well. SW_E_MEMORY with a hint when it does not fit. */
sw_status sw_network_allocate(sw_network *network, uint64_t seed) SW_NODISCARD;

void sw_network_deinit(sw_network *network); /* accepts a zeroed one, and one half made */

/* Returns the graph whose parameters the store holds. */
const sw_graph *sw_network_graph(const sw_network *network);

/* Returns the pixels of n images, whose labels have a byte a pixel. */
static inline size_t sw_network_pixels(const sw_network *network, int n)
{
    return (size_t)n * sw_size_pixels(network->options.size);
}

/* Sets weights[i] to what n images weigh in loss i, which is a mean by these weights. */
void sw_network_weigh(double weights[SW_MAX_LOSSES], const sw_network *network, const uint8_t *labels, int n);

/* Returns options.loss_every, or for 0 the default on this device. */
int sw_network_loss_every(const sw_network *network);

/* Lists the device memory that the network needs, from its plans. */
void sw_network_memory(const sw_network *network, sw_memory_table *table);

/* --- training (training_step.c) -------------------------------------------------------------- */

/* A step is made of one or several batches, each an upload and an enqueue_batch; the `last` batch makes the
 * update, at learning rate `lr`. Neither waits for the batch to be computed.
 *
 * The step is that of one batch of all images, except for batch norms, which see one batch at a time: each
 * loss is the mean over all images or pixels by their weights, also where the batches differ in size. With
 * several losses each has its own weights, so that a step of several batches must be told their sums
 * beforehand (sw_network_begin_step).
 *
 * A loss that is not finite halts the training on the device: the step with that batch and all later steps
 * leave parameters and moments as they were. */

/* Enqueues the upload of n <= train_batch images (n,H,W,3) in 0..1 and labels (n,H,W), and waits until the
 * batch before is on the device. Both must stay as they are until the next upload, or until sw_network_losses
 * returns. */
sw_status sw_network_upload(sw_network *network, const float *images, const uint8_t *labels,
                            int n) SW_NODISCARD;
/* Says which images of a batch that several processes share are uploaded next: how many others come before
 * them. Those that do not count weigh nothing: they only keep the process in step with the others. At first
 * 0, true.
 */
void sw_network_set_place(sw_network *network, int first_image, bool counts);
/* Tells what all batches of the next step weigh in each loss, those of all processes together. Needed with
 * several losses and several batches, and with several processes. */
void sw_network_begin_step(sw_network *network, const double totals[SW_MAX_LOSSES]);
/* Enqueues loss and gradients of the batch that was uploaded, whose labels give its weight in the step; after
 * the `last` one, the update. */
sw_status sw_network_enqueue_batch(sw_network *network, const uint8_t *labels, int n, bool last,
                                   double lr) SW_NODISCARD;

/* Says what the batch at hand draws its random numbers from (sw_executor_set_random): enqueue_batch does it.
 */
void sw_network_begin_random(sw_network *network);

/* Waits for the steps since the last call and returns their losses, each from before its update, oldest
 * first; *losses is valid until the next step. Call it between steps, at least every sw_network_loss_every
 * steps. */
sw_status sw_network_losses(sw_network *network, const sw_loss_values **losses, int *count) SW_NODISCARD;

/* Computes a batch of the first step whose `loss` was not finite again, and fails with SW_E_NUMERIC and a
 * message that names the first node or parameter with a value that is not finite. SW_OK where this batch has
 * none and is not the `last` of the step. The step's batches are to be given from the first on. */
sw_status sw_network_explain_loss(sw_network *network, const float *images, const uint8_t *labels, int n,
                                  bool last, double loss) SW_NODISCARD;

/* Uploads a batch, trains one step and waits; *loss is the loss before the update. SW_E_NUMERIC where it is
 * not finite. */
sw_status sw_network_train_step(sw_network *network, const float *images, const uint8_t *labels, int n,
                                double lr, double *loss) SW_NODISCARD;

/* --- evaluation ------------------------------------------------------------------------------ */

/* Exchanges the parameters and statistics with their averages, so that what follows evaluates and saves
 * those; a second call brings them back. Nothing where no averages are kept. */
sw_status sw_network_swap_averages(sw_network *network) SW_NODISCARD;

/* Where the results of a batch go; NULL: not wanted. */
typedef struct sw_batch_results {
    sw_loss_values *loss; /* of the batch; one that is not finite is an error that says where */
    uint32_t *confusion;  /* (n,K,K), rows truth, columns prediction */
    float *soft;          /* (n,2) intersection and union */
    uint8_t *predictions; /* (n,H,W) */
    uint8_t *confidence;  /* (n,H,W): round(255 p) of the predicted class's softmax p */
} sw_batch_results;

/* Enqueues the evaluation of n <= eval_batch images, which are copied. */
sw_status sw_network_enqueue_evaluation(sw_network *network, const float *images, const uint8_t *labels,
                                        int n) SW_NODISCARD;
/* Enqueues losses and metrics of logits (n,H,W,classes) that the host gives in place of the network's; they
 * are copied. */
sw_status sw_network_enqueue_logits(sw_network *network, const float *logits, const uint8_t *labels,
                                    int n) SW_NODISCARD;
/* Waits for the results of the batch enqueued last. Its images and labels are needed only where the loss is
 * asked for and not finite. */
sw_status sw_network_read_evaluation(sw_network *network, const float *images, const uint8_t *labels, int n,
                                     const sw_batch_results *wanted) SW_NODISCARD;
/* Enqueues the evaluation and reads its results. */
sw_status sw_network_evaluate(sw_network *network, const float *images, const uint8_t *labels, int n,
                              const sw_batch_results *wanted) SW_NODISCARD;

/* Says whether evaluations and predictions from now on draw random numbers as training does: with `sampling`
 * dropout layers drop, each `sample` (below 2^48) others, so that the spread of several samples tells how
 * sure the network is (Gal and Ghahramani, "Dropout as a Bayesian approximation", 2016). Of one sample the
 * images at the same place in their batches see the same masks, whatever the batches' sizes. Norms keep to
 * their running statistics. */
void sw_network_set_sampling(sw_network *network, bool sampling, uint64_t sample);

/* Enqueues the prediction of n <= eval_batch images, which are copied. */
sw_status sw_network_enqueue_prediction(sw_network *network, const float *images, int n) SW_NODISCARD;
/* Waits for the logits (n,H,W,classes) of the n images enqueued last. */
sw_status sw_network_read_prediction(sw_network *network, float *logits, int n) SW_NODISCARD;

#endif
