#include "measure/bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/median.h"
#include "base/rng.h"
#include "bench_loading.h"
#include "cl/profile.h"
#include "cost.h"
#include "nn/network.h"
#include "setup/engines.h"
#include "setup/open.h"

/* What is open during the measurement. */
typedef struct bench {
    sw_bench *out;
    const sw_experiment *experiment;
    const sw_bench_options *options;
    sw_cl *cl;
    sw_engines engines;
    sw_network network;
    int batch;
    int unread;           /* training steps whose loss was not read */
    float *images;        /* (batch,H,W,3) */
    uint8_t *labels;      /* (batch,H,W) */
    uint8_t *predictions; /* (batch,H,W) */
    double opened_s, peak_s;
} bench;

/* --- opening --------------------------------------------------------------------------------- */

/* Keeps the best of all calls: other work on the machine can only slow them down. */
static sw_status measure_peak(bench *b)
{
    double gflops, gbytes_per_s, start = sw_clock_s();
    SW_ENSURE(sw_profile_peak(&gflops, &gbytes_per_s, b->cl));
    b->peak_s += sw_clock_s() - start;
    b->out->peak_gflops = fmax(b->out->peak_gflops, gflops);
    b->out->copy_gbytes_per_s = fmax(b->out->copy_gbytes_per_s, gbytes_per_s);
    return SW_OK;
}

static sw_status open_device(bench *b)
{
    sw_device_info *device = &b->out->device;
    b->opened_s = sw_clock_s();
    SW_ENSURE(sw_open_device(&b->cl, device, b->experiment, b->options->device, false));
    SW_ENSURE(measure_peak(b));
    sw_log(SW_LOG_INFO, "device %d:%d %s (%s): peak %.1f GFLOP/s, copy %.1f GB/s", device->platform_index,
           device->device_index, device->name, device->type_name, b->out->peak_gflops,
           b->out->copy_gbytes_per_s);
    return SW_OK;
}

/* Chooses engines as a run does. Timing them is not counted as part of the first step. */
static sw_status decide_engines(bench *b)
{
    double start = sw_clock_s();
    SW_ENSURE(sw_engines_decide(&b->engines, b->experiment, b->cl, NULL, b->options->progress));
    b->opened_s += sw_clock_s() - start;
    sw_log(SW_LOG_INFO, "engines of the convolutions: %s", b->engines.source);
    return SW_OK;
}

/* Of training as a run has it, of inference as `predict` does. */
static sw_status open_network(bench *b, bool training)
{
    sw_status status = SW_OK;
    const sw_experiment *x = b->experiment;
    sw_network_options options = sw_open_network_options(x, sw_cl_device(b->cl));
    if (!training) options.optimizer = NULL;
    options.train_batch = b->batch;
    if (!training || options.eval_batch > b->batch) options.eval_batch = b->batch;
    options.conv_pins = &b->engines.pins;
    options.check = false;
    sw_memory_table table;
    SW_TRY(sw_network_plan(&b->network, b->cl, &options));
    sw_network_memory(&b->network, &table);
    if (table.total_bytes > b->out->device_bytes) b->out->device_bytes = table.total_bytes;
    SW_TRY(sw_network_allocate(&b->network, x->seed));
done:
    return sw_fail_in(status, "batch %d", b->batch);
}

/* Random images and labels, unless they are there; what they show makes no difference to the time. After a
 * network was planned, which refuses a batch that is too large. */
static sw_status make_input(bench *b)
{
    if (b->images) return SW_OK;
    size_t pixels = (size_t)b->batch * sw_size_pixels(b->experiment->data.size);
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

static sw_status read_losses(bench *b)
{
    const sw_loss_values *losses;
    int count;
    b->unread = 0;
    return sw_network_losses(&b->network, &losses, &count);
}

static sw_status train_step(bench *b)
{
    SW_ENSURE(sw_network_upload(&b->network, b->images, b->labels, b->batch));
    /* with learning rate 0 an update costs the same, and every step computes the same */
    SW_ENSURE(sw_network_enqueue_batch(&b->network, b->labels, b->batch, true, 0.0));
    if (++b->unread == sw_network_loss_every(&b->network)) SW_ENSURE(read_losses(b));
    return SW_OK;
}

static sw_status infer_step(bench *b)
{
    return sw_network_evaluate(&b->network, b->images, b->labels, b->batch,
                               &(sw_batch_results){.predictions = b->predictions});
}

static sw_status summarise(sw_bench_steps *steps)
{
    size_t bytes = (size_t)steps->count * sizeof(double);
    double *sorted = malloc(bytes);
    if (!sorted) return sw_fail_alloc("step times", bytes);
    memcpy(sorted, steps->seconds, bytes);
    steps->median_images_per_second = steps->batch / sw_median(sorted, (size_t)steps->count);
    steps->best_images_per_second = steps->batch / sorted[0];
    free(sorted);
    return SW_OK;
}

/* Makes `count` steps and reads their losses, since in between nothing waits for the device. */
static sw_status take_steps(bench *b, sw_status (*step)(bench *), int count)
{
    for (int i = 0; i < count; i++) SW_ENSURE(step(b));
    if (b->unread > 0) SW_ENSURE(read_losses(b));
    return SW_OK;
}

/* A first step that is not counted (it waits for pages and kernels), then the measured ones. What a training
 * step leaves running (its update) is part of the next one's time, as in a run. */
static sw_status time_steps(sw_bench_steps *steps, bench *b, const char *what, sw_status (*step)(bench *),
                            int at_a_time)
{
    int wanted = b->options->steps;
    steps->batch = b->batch;
    steps->seconds = calloc((size_t)wanted, sizeof *steps->seconds);
    if (!steps->seconds) return sw_fail_alloc("step times", (size_t)wanted * sizeof *steps->seconds);
    SW_ENSURE(take_steps(b, step, 1));
    double last = sw_clock_s();
    if (b->out->first_step_seconds <= 0.0) b->out->first_step_seconds = last - b->opened_s - b->peak_s;
    while (steps->count < wanted) {
        int count = wanted - steps->count < at_a_time ? wanted - steps->count : at_a_time;
        SW_ENSURE(take_steps(b, step, count));
        double now = sw_clock_s(), each = (now - last) / count;
        for (int i = 0; i < count; i++) steps->seconds[steps->count++] = each;
        sw_log(SW_LOG_INFO, "%s, batch %d, step %d of %d: %.2f images/s", what, b->batch, steps->count,
               wanted, b->batch / each);
        last = now;
    }
    return summarise(steps);
}

/* --- layer by layer -------------------------------------------------------------------------- */

/* Each round is a whole step, timed by the device's clock. */
static sw_status time_passes(bench *b, const char *what, bool infer, sw_status (*step)(bench *))
{
    int rounds = b->options->steps < SW_PASS_MAX_ROUNDS ? b->options->steps : SW_PASS_MAX_ROUNDS;
    SW_ENSURE(sw_profile_start(b->cl));
    sw_profile_reset(b->cl);
    for (int r = 0; r < rounds; r++) {
        SW_ENSURE(step(b));
        if (b->unread > 0) SW_ENSURE(read_losses(b));
        SW_ENSURE(sw_pass_list_take(&b->out->passes, &b->network, infer, r, 1, b->batch));
        sw_log(SW_LOG_INFO, "%s, pass by pass, round %d of %d", what, r + 1, rounds);
    }
    return sw_profile_stop(b->cl);
}

/* --- the whole ------------------------------------------------------------------------------- */

static sw_status measure_training(bench *b)
{
    const sw_network *n = &b->network;
    const sw_bench_options *o = b->options;
    SW_ENSURE(open_network(b, true));
    SW_ENSURE(make_input(b));
    b->out->train.flop = b->batch * sw_plan_flop(&n->train_model.graph, sw_executor_plan(n->trainer));
    SW_ENSURE(time_steps(&b->out->train, b, "training", train_step, sw_network_loss_every(n)));
    if (o->layers) SW_ENSURE(time_passes(b, "training", false, train_step));
    if (o->data)
        SW_ENSURE(sw_bench_measure_loading(&b->out->loading, &b->network, b->experiment, b->images, b->labels,
                                           o->steps));
    sw_network_deinit(&b->network);
    return SW_OK;
}

static sw_status measure_inference(bench *b)
{
    const sw_network *n = &b->network;
    SW_ENSURE(open_network(b, false));
    SW_ENSURE(make_input(b));
    b->out->infer.flop = b->batch * sw_plan_flop(&n->eval_model.graph, sw_executor_plan(n->evaluator));
    SW_ENSURE(time_steps(&b->out->infer, b, "inference", infer_step, 1));
    if (b->options->layers) SW_ENSURE(time_passes(b, "inference", true, infer_step));
    sw_network_deinit(&b->network);
    return SW_OK;
}

static void bench_close(bench *b)
{
    free(b->images);
    free(b->labels);
    free(b->predictions);
    sw_network_deinit(&b->network);
    sw_engines_deinit(&b->engines);
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
    SW_TRY(decide_engines(&b));
    if (options->train) SW_TRY(measure_training(&b));
    if (options->infer) SW_TRY(measure_inference(&b));
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
    sw_pass_list_deinit(&out->passes);
    *out = (sw_bench){0};
}
