#include "exp/bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/log.h"
#include "base/rng.h"
#include "cl/profile.h"
#include "cost.h"
#include "nn/network.h"

enum { MAX_LAYER_ROUNDS = 3 }; /* layer by layer is for comparing layers: few rounds do */

/* What is open while measuring. */
typedef struct bench {
    sw_bench *out;
    const sw_experiment *experiment;
    const sw_bench_options *options;
    sw_cl *cl;
    sw_network network;
    int batch, pass_capacity;
    float *images;        /* (batch,S,S,3) */
    uint8_t *labels;      /* (batch,S,S) */
    uint8_t *predictions; /* (batch,S,S) */
    double opened_s, peak_s;
} bench;

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Of `count` > 0 values, which end up sorted. */
static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, ascending);
    return count % 2 ? values[count / 2] : 0.5 * (values[count / 2 - 1] + values[count / 2]);
}

/* --- opening --------------------------------------------------------------------------------- */

/* The best of all calls counts: other work on the machine only slows. */
static sw_status measure_peak(bench *b)
{
    double gflops, gbytes_per_s, start = now_s();
    sw_status status = sw_profile_peak(&gflops, &gbytes_per_s, b->cl);
    if (status != SW_OK) return status;
    b->peak_s += now_s() - start;
    b->out->peak_gflops = fmax(b->out->peak_gflops, gflops);
    b->out->copy_gbytes_per_s = fmax(b->out->copy_gbytes_per_s, gbytes_per_s);
    return SW_OK;
}

static sw_status open_device(bench *b)
{
    sw_status status = SW_OK;
    const char *spec = b->options->device ? b->options->device : b->experiment->runtime.device;
    const sw_cl_options cl_options = {0};
    sw_device_info *device = &b->out->device;
    b->opened_s = now_s();
    SW_TRY(sw_device_choose(device, spec));
    SW_TRY(sw_cl_create(&b->cl, device, &cl_options));
    SW_TRY(measure_peak(b));
    sw_log(SW_LOG_INFO, "device %d:%d %s (%s): peak %.1f GFLOP/s, copy %.1f GB/s", device->platform_index,
           device->device_index, device->name, device->type_name, b->out->peak_gflops,
           b->out->copy_gbytes_per_s);
done:
    return status;
}

static sw_status open_network(bench *b)
{
    sw_status status = SW_OK;
    const sw_experiment *x = b->experiment;
    const sw_bench_options *o = b->options;
    /* where evaluation is not measured, it takes part as in a run, so that training finds its usual memory */
    int eval_batch = o->infer || x->train.val_batch_size > b->batch ? b->batch : x->train.val_batch_size;
    const sw_network_options options = {.model = &x->model,
                                        .loss = &x->loss,
                                        .optimizer = o->train ? &x->optimizer : NULL,
                                        .size_px = x->data.size,
                                        .train_batch = b->batch,
                                        .eval_batch = eval_batch,
                                        .conv_engine = x->runtime.conv_engine,
                                        .workspace_cap_bytes = (size_t)x->runtime.workspace_mb << 20,
                                        .debug_buffers = x->runtime.debug_buffers};
    sw_memory_table table;
    SW_TRY(sw_network_plan(&b->network, b->cl, &options));
    sw_network_memory(&b->network, &table);
    b->out->device_bytes = table.total_bytes;
    SW_TRY(sw_network_allocate(&b->network, x->seed));
done:
    return sw_fail_in(status, "batch %d", b->batch);
}

/* Random images and labels; what they show makes no difference to the time. */
static sw_status make_input(bench *b)
{
    size_t pixels = (size_t)b->batch * (size_t)b->experiment->data.size * (size_t)b->experiment->data.size;
    uint32_t classes = (uint32_t)b->experiment->model.classes;
    sw_rng rng = sw_rng_at(b->experiment->seed, SW_RNG_TEST, 0);
    b->images = malloc(pixels * 3 * sizeof *b->images);
    b->labels = malloc(pixels);
    b->predictions = malloc(pixels);
    if (!b->images || !b->labels || !b->predictions)
        return sw_fail_alloc("the images of a batch", pixels * (3 * sizeof *b->images + 2));
    for (size_t i = 0; i < 3 * pixels; i++) b->images[i] = sw_rng_float(&rng);
    for (size_t i = 0; i < pixels; i++) b->labels[i] = (uint8_t)sw_rng_below(&rng, classes);
    return SW_OK;
}

/* --- whole steps ----------------------------------------------------------------------------- */

static sw_status train_step(bench *b)
{
    double loss;
    /* at rate 0 an update costs what it always does, and every step computes the same */
    return sw_network_train_step(&b->network, b->images, b->labels, b->batch, 0.0, &loss);
}

static sw_status infer_step(bench *b)
{
    return sw_network_evaluate(&b->network, b->images, b->labels, b->batch, NULL, NULL, NULL, b->predictions);
}

static sw_status summarise(sw_bench_steps *steps)
{
    size_t bytes = (size_t)steps->count * sizeof(double);
    double *sorted = malloc(bytes);
    if (!sorted) return sw_fail_alloc("step times", bytes);
    memcpy(sorted, steps->seconds, bytes);
    steps->median_images_per_second = steps->batch / median(sorted, steps->count);
    steps->best_images_per_second = steps->batch / sorted[0];
    free(sorted);
    return SW_OK;
}

/* A first step that is not counted (it waits for pages and kernels), then the measured ones. What a training
 * step leaves running (its update) is part of the next one's time, as in a run. */
static sw_status time_steps(sw_bench_steps *steps, bench *b, const char *what, sw_status (*step)(bench *))
{
    sw_status status = SW_OK;
    int wanted = b->options->steps;
    steps->batch = b->batch;
    steps->seconds = calloc((size_t)wanted, sizeof *steps->seconds);
    if (!steps->seconds) return sw_fail_alloc("step times", (size_t)wanted * sizeof *steps->seconds);
    SW_TRY(step(b));
    double last = now_s();
    if (b->out->first_step_seconds <= 0.0) b->out->first_step_seconds = last - b->opened_s - b->peak_s;
    while (steps->count < wanted) {
        SW_TRY(step(b));
        double now = now_s();
        steps->seconds[steps->count++] = now - last;
        sw_log(SW_LOG_INFO, "%s, batch %d, step %d of %d: %.2f images/s", what, b->batch, steps->count,
               wanted, b->batch / (now - last));
        last = now;
    }
    SW_TRY(summarise(steps));
done:
    return status;
}

static sw_status measure_steps(bench *b)
{
    sw_status status = SW_OK;
    const sw_network *n = &b->network;
    if (b->options->train) {
        b->out->train.flop = b->batch * sw_plan_flop(&n->train_model.graph, sw_executor_plan(n->trainer));
        SW_TRY(time_steps(&b->out->train, b, "training", train_step));
    }
    if (b->options->infer) {
        b->out->infer.flop = b->batch * sw_plan_flop(&n->eval_model.graph, sw_executor_plan(n->evaluator));
        SW_TRY(time_steps(&b->out->infer, b, "inference", infer_step));
    }
done:
    return status;
}

/* --- layer by layer -------------------------------------------------------------------------- */

/* Times of each step of a plan, (step_count, rounds). */
typedef struct step_times {
    const sw_executor *executor;
    const sw_plan *plan;
    int rounds, round;
    double *ms;
} step_times;

static void record_step(void *user, const sw_step *step, const sw_node *node, double milliseconds)
{
    (void)node;
    step_times *t = user;
    t->ms[(size_t)(step - t->plan->steps) * (size_t)t->rounds + (size_t)t->round] = milliseconds;
}

static sw_status add_pass(sw_bench_pass **out, bench *b, const char *layer, const char *pass)
{
    sw_bench *to = b->out;
    if (to->pass_count == b->pass_capacity) {
        int wanted = b->pass_capacity ? 2 * b->pass_capacity : 128;
        sw_bench_pass *grown = realloc(to->passes, (size_t)wanted * sizeof *grown);
        if (!grown) return sw_fail_alloc("layer times", (size_t)wanted * sizeof *grown);
        to->passes = grown;
        b->pass_capacity = wanted;
    }
    char *name = sw_arena_strdup(&to->names, layer);
    if (!name) return SW_E_MEMORY;
    *out = &to->passes[to->pass_count++];
    **out = (sw_bench_pass){.layer = name, .pass = pass};
    return SW_OK;
}

static void set_times(sw_bench_pass *pass, double *ms, int rounds)
{
    pass->rounds = rounds;
    pass->median_ms = median(ms, rounds);
    pass->best_ms = ms[0];
}

/* One row for all steps of a kind that a node has in the plan; none where it has no such step. */
static sw_status add_node_pass(bench *b, const sw_graph *graph, const step_times *t, int node,
                               sw_step_kind kind, const char *name)
{
    sw_bench_pass *row = NULL;
    double ms[MAX_LAYER_ROUNDS] = {0};
    const char *algorithm = sw_executor_algorithm(t->executor, node);
    for (int s = 0; s < t->plan->step_count; s++) {
        const sw_step *step = &t->plan->steps[s];
        if (step->node != node || step->kind != kind) continue;
        if (!row) {
            sw_status status = add_pass(&row, b, graph->nodes[node].name, name);
            if (status != SW_OK) return status;
            sw_node_label(row->op, sizeof row->op, &graph->nodes[node]);
            if (algorithm) snprintf(row->algorithm, sizeof row->algorithm, "%s", algorithm);
        }
        row->flop += b->batch * sw_step_flop(graph, step);
        row->bytes += sw_step_bytes(graph, t->plan, step);
        for (int r = 0; r < t->rounds; r++) ms[r] += t->ms[(size_t)s * (size_t)t->rounds + (size_t)r];
    }
    if (row) set_times(row, ms, t->rounds);
    return SW_OK;
}

static sw_status add_rows(bench *b, const sw_graph *graph, const step_times *t)
{
    sw_status status = SW_OK;
    for (int n = 0; n < graph->node_count; n++) {
        if (!t->plan->training) {
            SW_TRY(add_node_pass(b, graph, t, n, SW_STEP_FORWARD, "infer"));
            continue;
        }
        SW_TRY(add_node_pass(b, graph, t, n, SW_STEP_FORWARD, "forward"));
        SW_TRY(add_node_pass(b, graph, t, n, SW_STEP_RECOMPUTE, "recompute"));
        SW_TRY(add_node_pass(b, graph, t, n, SW_STEP_BACKWARD, "backward"));
    }
done:
    return status;
}

static sw_status time_layers(bench *b, const char *what, sw_executor *executor, const sw_graph *graph,
                             int rounds, sw_status (*step)(bench *))
{
    sw_status status = SW_OK;
    step_times t = {.executor = executor, .plan = sw_executor_plan(executor), .rounds = rounds};
    size_t count = (size_t)t.plan->step_count * (size_t)rounds;
    t.ms = calloc(count, sizeof *t.ms);
    if (!t.ms) return sw_fail_alloc("layer times", count * sizeof *t.ms);
    sw_executor_set_hook(executor, record_step, &t);
    for (; t.round < rounds; t.round++) {
        SW_TRY(step(b));
        sw_log(SW_LOG_INFO, "%s, layer by layer, round %d of %d", what, t.round + 1, rounds);
    }
    SW_TRY(add_rows(b, graph, &t));
done:
    sw_executor_set_hook(executor, NULL, NULL);
    free(t.ms);
    return status;
}

/* The sweep over the parameters that ends a training step. */
static sw_status time_update(bench *b, int rounds)
{
    static const char *const names[] = {
        [SW_UPDATE_ADAM] = "adam", [SW_UPDATE_ADAMW] = "adamw", [SW_UPDATE_SGD] = "sgd"};
    sw_status status = SW_OK;
    sw_optimizer *optimizer = &b->network.optimizer;
    double ms[MAX_LAYER_ROUNDS];
    sw_bench_pass *row;
    for (int r = 0; r < rounds; r++) {
        SW_TRY(sw_cl_finish(b->cl));
        double start = now_s();
        SW_TRY(sw_optimizer_step(optimizer, 0.0));
        SW_TRY(sw_cl_finish(b->cl));
        ms[r] = (now_s() - start) * 1e3;
    }
    SW_TRY(add_pass(&row, b, "(optimiser)", "update"));
    snprintf(row->op, sizeof row->op, "%s", names[optimizer->config.kind]);
    /* parameters read and written, gradients read, moments read and written */
    row->bytes = (3.0 + 2.0 * optimizer->moment_count) * (double)b->network.store.param_elems * sizeof(float);
    set_times(row, ms, rounds);
done:
    return status;
}

static sw_status measure_layers(bench *b)
{
    sw_status status = SW_OK;
    sw_network *n = &b->network;
    int rounds = b->options->steps < MAX_LAYER_ROUNDS ? b->options->steps : MAX_LAYER_ROUNDS;
    if (b->options->train) {
        SW_TRY(time_layers(b, "training", n->trainer, &n->train_model.graph, rounds, train_step));
        SW_TRY(time_update(b, rounds));
    }
    if (b->options->infer)
        SW_TRY(time_layers(b, "inference", n->evaluator, &n->eval_model.graph, rounds, infer_step));
done:
    return status;
}

/* --- the whole ------------------------------------------------------------------------------- */

static void bench_close(bench *b)
{
    free(b->images);
    free(b->labels);
    free(b->predictions);
    sw_network_deinit(&b->network);
    sw_cl_destroy(b->cl);
}

sw_status sw_bench_run(sw_bench *out, const sw_experiment *experiment, const sw_bench_options *options)
{
    sw_status status = SW_OK;
    *out = (sw_bench){0};
    bench b = {.out = out, .experiment = experiment, .options = options};
    b.batch = options->batch ? options->batch : experiment->train.batch_size;
    snprintf(out->experiment, sizeof out->experiment, "%s", experiment->name);
    SW_TRY(open_device(&b));
    SW_TRY(open_network(&b));
    SW_TRY(make_input(&b));
    SW_TRY(measure_steps(&b));
    if (options->layers) SW_TRY(measure_layers(&b));
    SW_TRY(measure_peak(&b));
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) == 0) out->peak_resident_bytes = (size_t)usage.ru_maxrss * 1024;
done:
    bench_close(&b);
    if (status != SW_OK) sw_bench_deinit(out);
    return status;
}

void sw_bench_deinit(sw_bench *out)
{
    free(out->train.seconds);
    free(out->infer.seconds);
    free(out->passes);
    sw_arena_deinit(&out->names);
    *out = (sw_bench){0};
}
