/* What is said of a network, against the facts of the article and the paper, and against counting by hand. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "config_case.h"
#include "measure/describe.h"
#include "ops/ops.h"
#include "scratch.h"

TestSuite(describe, .init = scratch_create, .fini = scratch_remove);

#define BASELINE "experiments/segnet_baseline.yaml"

static void describe(sw_description *d, sw_experiment *x)
{
    cr_assert_not_null(x);
    cr_assert_eq(sw_description_init(d, x), SW_OK, "%s", sw_error_message());
}

static void describe_file(sw_description *d, sw_experiment **x, const char *path, const char *const *sets)
{
    cr_assert_eq(sw_experiment_load(x, path, sets), SW_OK, "%s", sw_error_message());
    describe(d, *x);
}

/* An experiment over one shipped model. */
static sw_experiment *experiment_of(const char *model)
{
    const char *source = getenv("SEGWORK_SOURCE_DIR");
    cr_assert_not_null(source, "run the tests through ctest");
    sw_str text = {0};
    sw_str_printf(&text, "include: [%s/configs/model/%s.yaml]\n", source, model);
    sw_experiment *x = LOADED(text.text);
    sw_str_deinit(&text);
    return x;
}

static const sw_described_layer *layer_named(const sw_description *d, const char *name)
{
    int i = 0;
    while (i < d->layer_count && strcmp(d->layers[i].name, name) != 0) i++;
    cr_assert_lt(i, d->layer_count, "no layer '%s'", name);
    return &d->layers[i];
}

/* The article's twenty convolutions: channels in and out, side of the image. */
typedef struct conv_fact {
    const char *name;
    int in, out, size_px;
} conv_fact;

static const conv_fact article[] = {
    {"dc1.seq.0", 3, 64, 128},   {"dc1.seq.3", 64, 64, 128},  {"dc2.seq.0", 64, 128, 64},
    {"dc2.seq.3", 128, 128, 64}, {"dc3.seq.0", 128, 256, 32}, {"dc3.seq.3", 256, 256, 32},
    {"dc3.seq.6", 256, 256, 32}, {"dc4.seq.0", 256, 512, 16}, {"dc4.seq.3", 512, 512, 16},
    {"dc4.seq.6", 512, 512, 16}, {"uc4.seq.0", 512, 512, 16}, {"uc4.seq.3", 512, 512, 16},
    {"uc4.seq.6", 512, 256, 16}, {"uc3.seq.0", 256, 256, 32}, {"uc3.seq.3", 256, 256, 32},
    {"uc3.seq.6", 256, 128, 32}, {"uc2.seq.0", 128, 128, 64}, {"uc2.seq.3", 128, 64, 64},
    {"uc1.seq.0", 64, 64, 128},  {"uc1.seq.3", 64, 3, 128},
};
enum { CONVS = sizeof article / sizeof *article };

Test(describe, the_baseline_is_the_articles_network_convolution_by_convolution)
{
    sw_experiment *x;
    sw_description d;
    describe_file(&d, &x, BASELINE, NULL);
    size_t conv_parameters = 0, norm_parameters = 0, output_bytes = 0;
    uint64_t macs = 0;
    int norms = 0;
    for (int i = 0; i < CONVS; i++) {
        const conv_fact *f = &article[i];
        const sw_described_layer *layer = layer_named(&d, f->name);
        size_t parameters = (size_t)(9 * f->in * f->out);
        cr_expect_str_eq(layer->op, "conv2d 3x3");
        cr_expect(layer->output.h == f->size_px && layer->output.w == f->size_px && layer->output.c == f->out,
                  "%s gives %dx%dx%d", f->name, layer->output.h, layer->output.w, layer->output.c);
        cr_expect_eq(layer->parameters, parameters, "%s: %zu parameters", f->name, layer->parameters);
        cr_expect_eq(layer->macs, parameters * (size_t)(f->size_px * f->size_px), "%s", f->name);
        conv_parameters += layer->parameters;
        macs += layer->macs;
        output_bytes += (size_t)(f->size_px * f->size_px * f->out) * sizeof(float);
    }
    for (int i = 0; i < d.layer_count; i++) {
        if (strncmp(d.layers[i].op, "norm", 4) != 0) continue;
        norms++;
        norm_parameters += d.layers[i].parameters;
    }
    cr_expect_eq(conv_parameters, 15265152);
    cr_expect_eq(norm_parameters, 9740);
    cr_expect_eq(norms, 21);
    cr_expect_eq(d.parameters, 15274892);
    cr_expect_eq(d.layer_count, CONVS + 21 + 4 + 4 + 1, "convolutions, norms, pools, unpools, loss");
    cr_expect_eq(d.macs, macs, "only convolutions multiply");
    cr_expect_float_eq((double)d.macs * 1e-9, 9.12, 0.005);
    cr_expect_float_eq(2.0 * (double)d.macs * 1e-9, 18.23, 0.005);
    cr_expect_float_eq(d.train_flop * 1e-9, 54.7, 0.05);
    cr_expect_float_eq((double)output_bytes * 1e-6, 28.8, 0.05);
    sw_description_deinit(&d);
    sw_experiment_destroy(x);
}

Test(describe, the_other_networks_have_the_parameters_the_facts_give)
{
    sw_description d;
    sw_experiment *x = experiment_of("segnet_vgg16");
    describe(&d, x);
    cr_expect_float_eq((double)d.parameters * 1e-6, 29.45, 0.01, "the paper's SegNet: %zu", d.parameters);
    int convs = 0;
    for (int i = 0; i < d.layer_count; i++) convs += strncmp(d.layers[i].op, "conv2d", 6) == 0;
    cr_expect_eq(convs, 26);
    cr_expect_str_eq(d.layers[d.layer_count - 2].op, "conv2d 3x3", "no norm or ReLU after the classes");
    sw_description_deinit(&d);
    sw_experiment_destroy(x);

    x = experiment_of("segnet_separable");
    describe(&d, x);
    cr_expect_eq(d.parameters, 1749671);
    cr_expect_str_eq(layer_named(&d, "dc1.seq.0.depthwise")->op, "depthwise 3x3");
    cr_expect_eq(layer_named(&d, "dc1.seq.0.depthwise")->parameters, 27);
    cr_expect_eq(layer_named(&d, "dc1.seq.0.pointwise")->parameters, 3 * 64);
    sw_description_deinit(&d);
    sw_experiment_destroy(x);
}

/* --- receptive field ------------------------------------------------------------------------- */

/* The stretch of input px that each px of a value's row sees, followed through the graph px by px: another
 * way to the same number than the formula. */
enum { ROW = 1024 };

typedef struct stretch {
    int first, last;
} stretch;

static void follow(stretch (*seen)[ROW], const sw_graph *graph, const sw_node *node)
{
    int width = graph->values[node->outputs[0]].shape.w;
    for (int o = 0; o < node->output_count; o++)
        for (int i = 0; i < width; i++) seen[node->outputs[o]][i] = (stretch){ROW, -1};
    for (int k = 0; k < node->input_count; k++) {
        int in_width = graph->values[node->inputs[k]].shape.w;
        for (int i = 0; i < width; i++) {
            int from = i * node->stride / node->upscale;
            int first = node->stride > 1 ? from : from - node->window / 2, count = node->window;
            if (node->window == SW_WINDOW_ALL) first = 0, count = in_width;
            for (int p = first; p < first + count; p++) {
                if (p < 0 || p >= in_width) continue;
                stretch s = seen[node->inputs[k]][p];
                for (int o = 0; o < node->output_count; o++) {
                    stretch *to = &seen[node->outputs[o]][i];
                    if (s.first < to->first) to->first = s.first;
                    if (s.last > to->last) to->last = s.last;
                }
            }
        }
    }
}

Test(describe, a_layer_sees_as_many_px_as_following_its_inputs_px_by_px_gives)
{
    /* large enough that no field in its middle meets a border */
    sw_experiment *x;
    sw_description d;
    const char *const sets[] = {"data.size=1024", "train.batch_size=1", "train.val_batch_size=1", NULL};
    describe_file(&d, &x, "experiments/segnet_small.yaml", sets);
    const sw_graph *graph = &d.train_model.graph;
    stretch(*seen)[ROW] = calloc((size_t)graph->value_count, sizeof *seen);
    cr_assert_not_null(seen);
    for (int v = 0; v < graph->value_count; v++)
        for (int i = 0; i < ROW; i++) seen[v][i] = (stretch){i, i};
    for (int n = 0; n < graph->node_count - 1; n++) {
        follow(seen, graph, &graph->nodes[n]);
        int value = graph->nodes[n].outputs[0], width = graph->values[value].shape.w, widest = 0;
        for (int i = width / 3; i < 2 * width / 3; i++) {
            int sees = seen[value][i].last - seen[value][i].first + 1;
            if (sees > widest) widest = sees;
        }
        cr_expect_eq(d.layers[n].field_px, widest, "%s: %d px, followed %d", d.layers[n].name,
                     d.layers[n].field_px, widest);
    }
    cr_expect_eq(d.layers[graph->node_count - 1].field_px, 0, "a loss sees everything");
    free(seen);
    sw_description_deinit(&d);
    sw_experiment_destroy(x);
}

Test(describe, the_baselines_last_layer_sees_more_than_its_whole_image)
{
    sw_experiment *x;
    sw_description d;
    describe_file(&d, &x, BASELINE, NULL);
    cr_expect_eq(layer_named(&d, "bn_input")->field_px, 1);
    cr_expect_eq(layer_named(&d, "dc1.seq.3")->field_px, 5);
    cr_expect_eq(layer_named(&d, "dc1.mp")->field_px, 6);
    cr_expect_eq(layer_named(&d, "dc4.mp")->field_px, 100);
    cr_expect_eq(layer_named(&d, "uc1.seq.4")->field_px, 196);
    sw_description_deinit(&d);
    sw_experiment_destroy(x);
}

/* --- memory, text, JSON ---------------------------------------------------------------------- */

Test(describe, the_memory_is_that_of_the_experiments_batches_and_optimiser)
{
    sw_experiment *x;
    sw_description large, small;
    const char *const sets[] = {"train.batch_size=8", "train.val_batch_size=2", "optimizer.kind=sgd",
                                "optimizer.momentum=0", NULL};
    describe_file(&large, &x, BASELINE, NULL);
    sw_experiment *y;
    describe_file(&small, &y, BASELINE, sets);
    cr_expect_eq(large.train_plan->tenants[large.train_plan->forward_tenant[large.train_model.images]].bytes,
                 (size_t)64 * 128 * 128 * 3 * 4);
    cr_expect_eq(large.eval_plan->tenants[large.eval_plan->forward_tenant[large.eval_model.images]].bytes,
                 (size_t)21 * 128 * 128 * 3 * 4);
    size_t slab = large.train_model.graph.param_elems * sizeof(float);
    cr_expect_eq(large.memory.rows[0].bytes, slab);
    cr_expect_eq(large.memory.rows[2].bytes, 2 * slab, "Adam's two moments");
    cr_expect_eq(small.memory.rows[2].bytes, 0, "plain descent has none");
    size_t eight = sw_plan_slab_total_bytes(small.train_plan),
           sixty_four = sw_plan_slab_total_bytes(large.train_plan);
    cr_expect_float_eq((double)sixty_four / (double)eight, 8.0, 0.1);
    cr_expect_eq(large.train_plan->slab_count, 2, "2.4 GB need two slabs of at most 2 GiB");
    for (int i = 0; i < large.train_plan->slab_count; i++)
        cr_expect_leq(large.train_plan->slab_bytes[i], (size_t)SW_DESCRIBE_MAX_SLAB_MIB << 20);
    sw_description_deinit(&large);
    sw_description_deinit(&small);
    sw_experiment_destroy(x);
    sw_experiment_destroy(y);
}

Test(describe, what_cannot_be_built_or_placed_is_refused)
{
    sw_experiment *x;
    sw_description d;
    const char *const sets[] = {"train.batch_size=3000", NULL};
    cr_assert_eq(sw_experiment_load(&x, BASELINE, sets), SW_OK);
    cr_expect_eq(sw_description_init(&d, x), SW_E_CONFIG);
    cr_expect_not_null(strstr(sw_error_message(), "more than the 2147483647 a kernel can index"), "%s",
                       sw_error_message());
    sw_description_deinit(&d);
    sw_experiment_destroy(x);

    const char *const wide[] = {"train.batch_size=1000", NULL};
    cr_assert_eq(sw_experiment_load(&x, BASELINE, wide), SW_OK);
    cr_expect_eq(sw_description_init(&d, x), SW_E_MEMORY);
    cr_expect_not_null(strstr(sw_error_message(), "training: one activation of 3.91 GiB exceeds"), "%s",
                       sw_error_message());
    sw_description_deinit(&d);
    sw_experiment_destroy(x);
}

Test(describe, the_text_fits_80_columns_and_has_a_line_for_every_layer)
{
    const char *const files[] = {BASELINE, "experiments/segnet_small.yaml", "experiments/quickstart.yaml",
                                 "experiments/segnet_long.yaml", "experiments/segnet_focal.yaml"};
    for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
        sw_experiment *x;
        sw_description d;
        sw_str text = {0};
        describe_file(&d, &x, files[f], NULL);
        sw_description_print(&text, &d);
        cr_assert_eq(sw_str_status(&text), SW_OK);
        for (const char *line = text.text; *line; line += strcspn(line, "\n") + 1)
            cr_expect_leq(strcspn(line, "\n"), 80, "%.*s", (int)strcspn(line, "\n"), line);
        int longest = 0;
        for (int i = 0; i < d.layer_count; i++)
            if ((int)strlen(d.layers[i].name) > longest) longest = (int)strlen(d.layers[i].name);
        for (int i = 0; i < d.layer_count; i++) {
            sw_str start = {0};
            sw_str_printf(&start, "\n%-*s  %s ", longest, d.layers[i].name, d.layers[i].op);
            cr_expect_not_null(strstr(text.text, start.text), "%s", start.text);
            sw_str_deinit(&start);
        }
        if (f == 0) {
            cr_expect_not_null(strstr(text.text, "15,274,892 parameters, 9.12 GMAC an image"), "%s",
                               text.text);
            cr_expect_not_null(strstr(text.text, "18.23 GFLOP an image forward, 54.7 GFLOP"), "%s",
                               text.text);
            cr_expect_not_null(
                strstr(text.text, "uc4.seq.6  conv2d 3x3      16x16x256   1,179,648  301.99  148 px\n"), "%s",
                text.text);
        }
        sw_str_deinit(&text);
        sw_description_deinit(&d);
        sw_experiment_destroy(x);
    }
}

static double number(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    cr_assert(cJSON_IsNumber(item), "no number '%s'", key);
    return item->valuedouble;
}

Test(describe, the_json_says_the_same)
{
    sw_experiment *x;
    sw_description d;
    sw_str text = {0};
    describe_file(&d, &x, BASELINE, NULL);
    cr_assert_eq(sw_description_json(&text, &d, NULL, NULL), SW_OK);
    cJSON *root = cJSON_Parse(text.text);
    cr_assert_not_null(root, "%s", text.text);
    cr_expect_eq(number(root, "parameters"), 15274892);
    cr_expect_eq(number(root, "macs"), (double)d.macs);
    cr_expect_eq(number(root, "train_flop"), d.train_flop);
    const cJSON *layers = cJSON_GetObjectItemCaseSensitive(root, "layers");
    cr_assert_eq(cJSON_GetArraySize(layers), d.layer_count);
    double parameters = 0;
    for (int i = 0; i < d.layer_count; i++) {
        const cJSON *layer = cJSON_GetArrayItem(layers, i);
        cr_expect_str_eq(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(layer, "name")),
                         d.layers[i].name);
        parameters += number(layer, "parameters");
    }
    cr_expect_eq(parameters, 15274892);
    const cJSON *memory = cJSON_GetObjectItemCaseSensitive(root, "memory");
    const cJSON *train = cJSON_GetObjectItemCaseSensitive(memory, "train");
    cr_expect_eq(number(train, "batch"), 64);
    cr_expect_eq(number(train, "recomputed"), d.train_plan->recompute_count);
    cr_expect_eq(number(memory, "total_bytes"), (double)d.memory.total_bytes);
    cJSON_Delete(root);
    sw_str_deinit(&text);
    sw_description_deinit(&d);
    sw_experiment_destroy(x);
}
