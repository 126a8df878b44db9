/* What layers of an experiment's network give for some images, once it has begun with the weights of
 * init.from: for comparisons with the networks that these weights come from.
 *
 *   activations EXPERIMENT.yaml IMAGES OUT LAYER... [-- KEY=VALUE...]
 *
 * IMAGES is a safetensors file with "images", F32 (N,3,H,W), given to the network as they are. OUT gets the
 * output of each layer in evaluation, F32 (N,H,W,C), under its name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cl/buffer.h"
#include "exec/executor.h"
#include "setup/open.h"
#include "weights/initial.h"

enum { MAX_LAYERS = 64 };

typedef struct work {
    sw_experiment *x;
    sw_cl *cl;
    sw_model model;
    sw_store store;
    sw_slabs slabs;
    sw_executor *executor;
    sw_safetensors_reader *images, *weights;
    sw_initial_report report;
    sw_safetensors_writer *out;
    int values[MAX_LAYERS], count; /* one a layer */
} work;

static sw_status find_layer(int *value, const sw_graph *graph, const char *name)
{
    for (int n = 0; n < graph->node_count; n++) {
        if (strcmp(graph->nodes[n].name, name) != 0) continue;
        *value = graph->nodes[n].outputs[0];
        return SW_OK;
    }
    return sw_fail(SW_E_USAGE, "the network has no layer '%s'", name);
}

static sw_status open_network(work *w, const sw_safetensors_tensor *images, char **layers)
{
    sw_device_info device;
    const sw_init_config *init = &w->x->init;
    const sw_executor_options options = {.keep = w->values, .keep_count = w->count};
    if (images->rank != 4 || images->dtype != SW_SAFETENSORS_F32 ||
        images->shape[2] != w->x->data.size.height || images->shape[3] != w->x->data.size.width)
        return sw_fail(SW_E_DATA, "the images are not those of data.size");
    SW_ENSURE(sw_open_device(&w->cl, &device, w->x, NULL, false));
    SW_ENSURE(sw_open_model(&w->model, w->x, (int)images->shape[0]));
    for (int i = 0; i < w->count; i++) SW_ENSURE(find_layer(&w->values[i], &w->model.graph, layers[i]));
    sw_slabs_init(&w->slabs, w->cl);
    SW_ENSURE(sw_store_init(&w->store, w->cl, &w->model.graph, false));
    SW_ENSURE(sw_executor_create(&w->executor, w->cl, &w->model.graph, &w->store, &w->slabs, &options));
    SW_ENSURE(sw_executor_bind(w->executor));
    SW_ENSURE(sw_model_init_params(&w->model.graph, &w->store, w->x->seed));
    SW_ENSURE(sw_safetensors_reader_open(&w->weights, init->from));
    SW_ENSURE(sw_initial_load(&w->report, &w->model.graph, &w->store, init, w->weights, init->from));
    printf("%zu taken, %zu missing, %zu left over\n", w->report.taken.count, w->report.missing.count,
           w->report.left_over.count);
    return SW_OK;
}

/* (N,C,H,W) becomes (N,H,W,C). */
static sw_status feed(const work *w, const sw_safetensors_tensor *images)
{
    sw_status status = SW_OK;
    const size_t n = (size_t)images->shape[0], pixels = sw_size_pixels(w->x->data.size);
    float *planes = malloc(images->bytes), *values = malloc(images->bytes);
    uint8_t *labels = calloc(n * pixels, 1);
    if (!planes || !values || !labels) SW_TRY(sw_fail_alloc("the images", images->bytes));
    SW_TRY(sw_safetensors_reader_read(w->images, images, planes, images->bytes));
    for (size_t i = 0; i < n * 3 * pixels; i++)
        values[(i / (3 * pixels) * pixels + i % pixels) * 3 + i / pixels % 3] = planes[i];
    SW_TRY(sw_buffer_write(w->cl, sw_executor_value(w->executor, w->model.images), 0, values, images->bytes));
    SW_TRY(sw_buffer_write(w->cl, sw_executor_value(w->executor, w->model.labels), 0, labels, n * pixels));
    SW_TRY(sw_executor_forward(w->executor, (int)n));
done:
    free(planes);
    free(values);
    free(labels);
    return status;
}

static sw_status write_layers(work *w, const char *path, char **layers)
{
    SW_ENSURE(sw_safetensors_writer_create(&w->out));
    for (int i = 0; i < w->count; i++) {
        const sw_shape s = w->model.graph.values[w->values[i]].shape;
        const int64_t shape[] = {s.n, s.h, s.w, s.c};
        SW_ENSURE(sw_safetensors_writer_declare(w->out, layers[i], SW_SAFETENSORS_F32, 4, shape));
    }
    SW_ENSURE(sw_safetensors_writer_begin(w->out, path));
    for (int i = 0; i < w->count; i++) {
        const size_t bytes = sw_shape_elems(w->model.graph.values[w->values[i]].shape) * sizeof(float);
        float *values = malloc(bytes);
        if (!values) return sw_fail_alloc(layers[i], bytes);
        sw_status status =
            sw_buffer_read(w->cl, sw_executor_value(w->executor, w->values[i]), 0, values, bytes);
        if (status == SW_OK) status = sw_safetensors_writer_put(w->out, layers[i], values, bytes);
        free(values);
        SW_ENSURE(status);
    }
    return sw_safetensors_writer_finish(w->out);
}

static sw_status run(work *w, char **arguments, const char *const *sets)
{
    SW_ENSURE(sw_experiment_load(&w->x, arguments[0], sets));
    SW_ENSURE(sw_safetensors_reader_open(&w->images, arguments[1]));
    const sw_safetensors_tensor *images = sw_safetensors_reader_find(w->images, "images");
    if (!images) return sw_fail(SW_E_DATA, "%s has no tensor 'images'", arguments[1]);
    SW_ENSURE(open_network(w, images, arguments + 3));
    SW_ENSURE(feed(w, images));
    return write_layers(w, arguments[2], arguments + 3);
}

int main(int argc, char **argv)
{
    static const char *const none[] = {NULL};
    const char *const *sets = none;
    work w = {0};
    int end = 1;
    while (end < argc && strcmp(argv[end], "--") != 0) end++;
    if (end < argc) sets = (const char *const *)(argv + end + 1);
    w.count = end - 4;
    if (w.count < 1 || w.count > MAX_LAYERS) {
        fprintf(stderr, "usage: activations EXPERIMENT.yaml IMAGES OUT LAYER... [-- KEY=VALUE...]\n");
        return 2;
    }
    sw_status status = run(&w, argv + 1, sets);
    if (status != SW_OK) fprintf(stderr, "activations: %s\n", sw_error_message());
    sw_executor_destroy(w.executor);
    sw_slabs_deinit(&w.slabs);
    sw_store_deinit(&w.store);
    sw_model_deinit(&w.model);
    sw_initial_report_deinit(&w.report);
    sw_safetensors_writer_destroy(w.out);
    sw_safetensors_reader_destroy(w.images);
    sw_safetensors_reader_destroy(w.weights);
    sw_cl_destroy(w.cl);
    sw_experiment_destroy(w.x);
    return status == SW_OK ? 0 : 1;
}
