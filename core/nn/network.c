#include "nn/network.h"

#include <math.h>
#include <stdlib.h>

#include "cl/buffer.h"
#include "nn/losses.h"
#include "ops/call.h"
#include "ops/storage.h"

/* Steps between two reads of the loss where runtime.loss_every is 0: on a CPU waiting costs nothing, since
 * the host's thread is one of those that compute. */
enum { GPU_LOSS_EVERY = 8 };

/* One graph with its executor; both share the network's store and pool. */
static sw_status plan_side(sw_network *network, sw_model *model, sw_executor **executor, bool training)
{
    const sw_network_options *o = &network->options;
    sw_model_options model_options = {.batch = training ? o->train_batch : o->eval_batch,
                                      .size = o->size,
                                      .conv_engine = o->conv_engine,
                                      .conv_pins = o->conv_pins,
                                      .exact_places = o->exact_places && !training,
                                      .workspace_cap_bytes = o->workspace_cap_bytes};
    SW_ENSURE(sw_model_build(model, o->model, o->loss, &model_options, NULL));
    if (training)
        SW_ENSURE(
            sw_param_rules_init(&network->rules, &model->graph, o->optimizer, o->freeze, o->freeze_count));
    int keep[SW_MODEL_KEPT];
    const int kept = sw_model_kept(keep, model, training);
    if (training && o->bfloat16)
        SW_ENSURE(sw_storage_narrow(&model->graph, keep, kept, sw_cl_device(network->cl)));
    sw_executor_options executor_options = {.training = training,
                                            .debug_buffers = o->debug_buffers,
                                            .check = o->check,
                                            .keep = keep,
                                            .keep_count = kept,
                                            .frozen = training ? network->rules.frozen : NULL,
                                            .comm = training && o->sync_norm ? o->comm : NULL,
                                            .keeps = !o->optimizer};
    return sw_executor_create(executor, network->cl, &model->graph, &network->store, &network->slabs,
                              &executor_options);
}

sw_status sw_network_plan(sw_network *network, sw_cl *cl, const sw_network_options *options)
{
    sw_status status = SW_OK;
    *network = (sw_network){.cl = cl, .options = *options};
    sw_slabs_init(&network->slabs, cl);
    if (options->optimizer) SW_TRY(plan_side(network, &network->train_model, &network->trainer, true));
    SW_TRY(plan_side(network, &network->eval_model, &network->evaluator, false));
done:
    if (status != SW_OK) sw_network_deinit(network);
    return status;
}

static sw_status init_loss_log(sw_network *network)
{
    const int capacity = sw_network_loss_every(network);
    const size_t bytes = (size_t)capacity * sizeof *network->read_losses;
    network->read_losses = malloc(bytes);
    if (!network->read_losses) return sw_fail_alloc("losses", bytes);
    return sw_loss_log_init(&network->losses, network->cl, capacity, network->options.loss->count);
}

static sw_status init_buckets(sw_network *network)
{
    const sw_network_options *o = &network->options;
    const int ranks = sw_comm_size(o->comm);
    const size_t bytes = o->bucket_bytes ? o->bucket_bytes : sw_buckets_bytes(ranks);
    if (ranks == 1) return SW_OK;
    return sw_buckets_init(&network->buckets, network->trainer, sw_network_graph(network), &network->store,
                           o->comm, bytes);
}

sw_status sw_network_allocate(sw_network *network, uint64_t seed)
{
    const sw_network_options *o = &network->options;
    sw_memory_table table;
    network->seed = seed;
    sw_network_memory(network, &table);
    const sw_device_info *device = sw_cl_device(network->cl);
    if (table.total_bytes > device->global_bytes)
        return sw_fail(
            SW_E_MEMORY,
            "this run needs %.2f GiB on the device and %s has %.2f GiB: use a smaller train.batch_size, "
            "data.size or runtime.workspace_mb%s",
            (double)table.total_bytes / 1073741824.0, device->name,
            (double)device->global_bytes / 1073741824.0,
            o->optimizer && !o->bfloat16 ? ", or runtime.storage: bfloat16" : "");
    SW_ENSURE(
        sw_store_init(&network->store, network->cl, sw_network_graph(network), network->trainer != NULL));
    if (network->trainer) {
        SW_ENSURE(sw_executor_bind(network->trainer));
        SW_ENSURE(sw_optimizer_init(&network->optimizer, &network->store, o->optimizer));
        if (network->rules.factors)
            SW_ENSURE(sw_optimizer_set_factors(&network->optimizer, sw_network_graph(network),
                                               network->rules.factors));
        SW_ENSURE(init_loss_log(network));
        SW_ENSURE(sw_gradients_init(&network->gradients, &network->store, o->optimizer->clip_norm));
        SW_ENSURE(init_buckets(network));
        if (o->ema_decay > 0.0f)
            SW_ENSURE(sw_averages_init(&network->averages, &network->store, o->ema_decay));
    }
    SW_ENSURE(sw_executor_bind(network->evaluator));
    SW_ENSURE(sw_metrics_create(&network->metrics, network->cl, o->eval_batch, o->size.height, o->size.width,
                                o->model->classes, sw_losses_ignored(o->loss)));
    return sw_model_init_params(sw_network_graph(network), &network->store, seed);
}

void sw_network_deinit(sw_network *network)
{
    sw_buffer_settle(&network->uploaded); /* it reads the loader's memory, which goes next */
    sw_loss_log_deinit(&network->losses);
    free(network->read_losses);
    sw_metrics_destroy(network->metrics);
    sw_buckets_deinit(&network->buckets);
    sw_executor_destroy(network->trainer);
    sw_executor_destroy(network->evaluator);
    sw_optimizer_deinit(&network->optimizer);
    sw_param_rules_deinit(&network->rules);
    sw_gradients_deinit(&network->gradients);
    sw_averages_deinit(&network->averages);
    sw_slabs_deinit(&network->slabs);
    sw_store_deinit(&network->store);
    sw_model_deinit(&network->train_model);
    sw_model_deinit(&network->eval_model);
    *network = (sw_network){0};
}

const sw_graph *sw_network_graph(const sw_network *network)
{
    return network->trainer ? &network->train_model.graph : &network->eval_model.graph;
}

int sw_network_loss_every(const sw_network *network)
{
    if (network->options.loss_every > 0) return network->options.loss_every;
    return sw_cl_device(network->cl)->type & CL_DEVICE_TYPE_CPU ? 1 : GPU_LOSS_EVERY;
}

void sw_network_memory(const sw_network *network, sw_memory_table *table)
{
    const sw_network_options *o = &network->options;
    const sw_plan *train = network->trainer ? sw_executor_plan(network->trainer) : NULL;
    sw_memory_table_make(table, sw_network_graph(network), train, sw_executor_plan(network->evaluator),
                         train ? sw_optimizer_count_moments(o->optimizer) : 0, train && o->ema_decay > 0.0f,
                         network->slabs.workspace_bytes, sw_executor_kept_bytes(network->evaluator));
}

/* --- evaluation ------------------------------------------------------------------------------ */

static sw_status upload_batch(sw_network *network, sw_executor *executor, const sw_model *model,
                              const float *images, const uint8_t *labels, int n)
{
    const size_t pixels = sw_network_pixels(network, n);
    sw_profile_pass(network->cl, SW_PASS_UPLOAD);
    SW_ENSURE(sw_buffer_write(network->cl, sw_executor_value(executor, model->images), 0, images,
                              pixels * 3 * sizeof(float)));
    return sw_buffer_write(network->cl, sw_executor_value(executor, model->labels), 0, labels, pixels);
}

/* Fails with the message for a loss that is not finite: where in this batch it began. SW_OK where the batch
 * shows nothing and is not the `last` one that may have given it. */
static sw_status explain_nan(sw_network *network, sw_executor *executor, const sw_model *model,
                             const float *images, const uint8_t *labels, int n, bool last, double loss)
{
    char where[512] = "";
    sw_status status = upload_batch(network, executor, model, images, labels, n);
    if (status == SW_OK) status = sw_executor_find_nan(executor, n, where, sizeof where);
    if (status != SW_OK || (!where[0] && !last)) return status;
    return sw_fail(SW_E_NUMERIC,
                   "the loss is %s; the first value that is not finite is in %s. Lower optimizer.lr, or add "
                   "schedule.warmup_epochs",
                   isnan(loss) ? "NaN" : "infinite", where[0] ? where : "the loss itself");
}

sw_status sw_network_explain_loss(sw_network *network, const float *images, const uint8_t *labels, int n,
                                  bool last, double loss)
{
    sw_network_begin_random(network); /* what this batch of the step drew */
    network->step.count = last ? 0 : network->step.count + 1;
    return explain_nan(network, network->trainer, &network->train_model, images, labels, n, last, loss);
}

sw_status sw_network_swap_averages(sw_network *network)
{
    return network->averages.params ? sw_averages_swap(&network->averages) : SW_OK;
}

static sw_status enqueue_metrics(sw_network *network, int n)
{
    const sw_model *model = &network->eval_model;
    sw_profile_pass(network->cl, SW_PASS_METRICS);
    SW_ENSURE(sw_metrics_run(network->metrics, sw_executor_value(network->evaluator, model->logits),
                             sw_executor_value(network->evaluator, model->labels), n));
    return sw_cl_flush(network->cl);
}

sw_status sw_network_enqueue_evaluation(sw_network *network, const float *images, const uint8_t *labels,
                                        int n)
{
    sw_executor *executor = network->evaluator;
    const sw_model *model = &network->eval_model;
    SW_ENSURE(upload_batch(network, executor, model, images, labels, n));
    SW_ENSURE(sw_executor_forward(executor, n));
    return enqueue_metrics(network, n);
}

sw_status sw_network_enqueue_logits(sw_network *network, const float *logits, const uint8_t *labels, int n)
{
    sw_executor *executor = network->evaluator;
    const sw_model *model = &network->eval_model;
    const size_t pixels = sw_network_pixels(network, n);
    sw_profile_pass(network->cl, SW_PASS_UPLOAD);
    SW_ENSURE(sw_buffer_write(network->cl, sw_executor_value(executor, model->logits), 0, logits,
                              pixels * (size_t)network->options.model->classes * sizeof *logits));
    SW_ENSURE(sw_buffer_write(network->cl, sw_executor_value(executor, model->labels), 0, labels, pixels));
    SW_ENSURE(sw_executor_forward_from(executor, model->logits, n));
    return enqueue_metrics(network, n);
}

sw_status sw_network_read_evaluation(sw_network *network, const float *images, const uint8_t *labels, int n,
                                     const sw_batch_results *wanted)
{
    sw_executor *executor = network->evaluator;
    const sw_model *model = &network->eval_model;
    sw_loss_values values = {0};
    sw_profile_pass(network->cl, SW_PASS_READ);
    SW_ENSURE(sw_metrics_read(network->metrics, wanted->confusion, wanted->soft, wanted->predictions,
                              wanted->confidence));
    if (!wanted->loss) return SW_OK;
    for (int i = 0; i < model->loss_count; i++) {
        float loss;
        SW_ENSURE(sw_buffer_read(network->cl, sw_executor_value(executor, model->losses[i]), 0, &loss,
                                 sizeof loss));
        values.of[i] = (double)loss;
    }
    values.total = sw_losses_total(network->options.loss, values.of);
    *wanted->loss = values;
    if (isfinite(values.total)) return SW_OK;
    return explain_nan(network, executor, model, images, labels, n, true, values.total);
}

sw_status sw_network_evaluate(sw_network *network, const float *images, const uint8_t *labels, int n,
                              const sw_batch_results *wanted)
{
    SW_ENSURE(sw_network_enqueue_evaluation(network, images, labels, n));
    return sw_network_read_evaluation(network, images, labels, n, wanted);
}

/* The evaluation graph ends in the loss, which wants labels: any will do. */
sw_status sw_network_enqueue_prediction(sw_network *network, const float *images, int n)
{
    sw_status status = SW_OK;
    const size_t pixels = sw_network_pixels(network, n);
    uint8_t *labels = calloc(pixels, 1);
    if (!labels) return sw_fail_alloc("labels for a prediction", pixels);
    SW_TRY(upload_batch(network, network->evaluator, &network->eval_model, images, labels, n));
    SW_TRY(sw_executor_forward(network->evaluator, n));
    SW_TRY(sw_cl_flush(network->cl));
done:
    free(labels);
    return status;
}

sw_status sw_network_read_prediction(sw_network *network, float *logits, int n)
{
    const size_t values = sw_network_pixels(network, n) * (size_t)network->options.model->classes;
    return sw_buffer_read(network->cl, sw_executor_value(network->evaluator, network->eval_model.logits), 0,
                          logits, values * sizeof *logits);
}
