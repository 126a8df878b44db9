/* Networks so small that what they see is known. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "cl/buffer.h"
#include "device_case.h"
#include "inspect/effective_field.h"
#include "inspect/occlusion.h"

TestSuite(probe, .init = session_open, .fini = session_close);

enum { SIDE = 8, PIXELS = SIDE * SIDE, CLASSES = 2, BATCH = 3 };

static void must(sw_status status)
{
    cr_assert_eq(status, SW_OK, "%s", sw_error_message());
}

/* A network of these layers, each reading the one before, for images of SIDE px. */
static void open_probe(sw_probe *probe, sw_layer *layers, int count)
{
    for (int i = 0; i < count; i++) {
        layers[i].from_count = 1;
        layers[i].from[0] = i ? layers[i - 1].name : SW_LAYER_IMAGES;
    }
    const sw_model_config model = {.name = "small",
                                   .classes = CLASSES,
                                   .norm_eps = 1e-5f,
                                   .norm_momentum = 0.1f,
                                   .layers = {count, layers}};
    const sw_network_options options = {
        .model = &model, .size = {SIDE, SIDE}, .eval_batch = BATCH, .workspace_cap_bytes = 1 << 20};
    must(sw_probe_open(probe, session, &options));
}

static void set(sw_probe *probe, const char *name, const float *values)
{
    const sw_graph *graph = &probe->model.graph;
    int p = 0;
    while (p < graph->param_count && strcmp(graph->params[p].name, name) != 0) p++;
    cr_assert_lt(p, graph->param_count, "no parameter %s", name);
    must(sw_store_write(&probe->store, probe->store.params, &graph->params[p], values));
}

/* Different numbers for every px and colour. */
static void fill_image(float *image)
{
    for (int i = 0; i < PIXELS * 3; i++) image[i] = (float)(i * 7 % 11) / 11.0f;
}

/* weight[class][colour][row][column] of one convolution of 3x3 */
static void fill_weights(float weights[CLASSES][3][9])
{
    for (int k = 0; k < CLASSES; k++)
        for (int c = 0; c < 3; c++)
            for (int t = 0; t < 9; t++) weights[k][c][t] = (float)((k * 31 + c * 7 + t * 3) % 13 - 6);
}

Test(probe, the_effective_field_of_one_convolution_is_the_magnitude_of_its_weights)
{
    static float image[PIXELS * 3], found[PIXELS], weights[CLASSES][3][9];
    const sw_conv2d_attrs conv = {.kernel = 3};
    sw_layer layers[] = {{.name = "conv", .op = &sw_op_conv2d, .attrs = &conv}};
    sw_probe probe;
    open_probe(&probe, layers, 1);
    fill_weights(weights);
    set(&probe, "conv.weight", &weights[0][0][0]);
    fill_image(image);
    const int at[][2] = {{3, 4}, {0, 0}, {7, 2}};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        const int y = at[i][0], x = at[i][1];
        must(sw_effective_field(found, &probe, image, y, x, 1));
        for (int p = 0; p < PIXELS; p++) {
            const int row = p / SIDE - y + 1, column = p % SIDE - x + 1;
            double squares = 0;
            for (int c = 0; c < 3 && row >= 0 && row < 3 && column >= 0 && column < 3; c++)
                squares += pow((double)weights[1][c][row * 3 + column], 2);
            cr_expect_float_eq(found[p], sqrt(squares), 1e-6, "pixel %d,%d at px %d: %g", x, y, p,
                               (double)found[p]);
        }
    }
    sw_probe_close(&probe);
}

Test(probe, the_gradient_goes_through_what_nothing_trained_lies_before)
{
    static float image[PIXELS * 3], found[PIXELS];
    const sw_conv2d_attrs head = {.kernel = 1};
    sw_layer layers[] = {{.name = "pool", .op = &sw_op_average_pool},
                         {.name = "head", .op = &sw_op_conv2d, .attrs = &head},
                         {.name = "up", .op = &sw_op_upsample}};
    const float weights[CLASSES][3] = {{0, 0, 0}, {4, 0, 0}};
    sw_probe probe;
    open_probe(&probe, layers, 3);
    set(&probe, "head.weight", &weights[0][0]);
    fill_image(image);
    must(sw_effective_field(found, &probe, image, 2, 5, 1));
    for (int p = 0; p < PIXELS; p++)
        cr_expect_eq(found[p], p / SIDE / 2 == 1 && p % SIDE / 2 == 2 ? 1.0f : 0.0f, "px %d: %g", p,
                     (double)found[p]);
    sw_probe_close(&probe);
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

/* Class 1's logit is the red of the pixel, class 0's is 0. */
Test(probe, of_a_network_that_reads_one_pixel_only_patches_over_it_change_its_score)
{
    static float image[PIXELS * 3];
    static uint8_t region[PIXELS];
    const sw_conv2d_attrs conv = {.kernel = 1};
    sw_layer layers[] = {{.name = "conv", .op = &sw_op_conv2d, .attrs = &conv}};
    const float weights[CLASSES][3] = {{0, 0, 0}, {1, 0, 0}};
    const int y = 3, x = 6;
    sw_probe probe;
    sw_occlusion o;
    open_probe(&probe, layers, 1);
    set(&probe, "conv.weight", &weights[0][0]);
    for (int i = 0; i < PIXELS; i++) image[3 * i] = 2.0f;
    region[0] = 1; /* of one px, so that its score is that px's */
    const sw_occlusion_rule rule = {
        .class_number = 1, .y = y, .x = x, .region = region, .patch_px = 4, .step_px = 2};
    must(sw_occlusion_find(&o, &probe, image, &rule));
    cr_assert(o.rows == 4 && o.columns == 4, "%d x %d", o.rows, o.columns);
    cr_expect_float_eq(o.at_pixel, sigmoid(2), 1e-6);
    cr_expect_float_eq(o.in_region, sigmoid(2), 1e-6);
    for (int i = 0; i < 16; i++) {
        /* the patch of place (r, c) covers rows 2r-1 to 2r+2, and columns alike */
        const int top = i / 4 * 2 - 1, left = i % 4 * 2 - 1;
        const bool over = y >= top && y < top + 4 && x >= left && x < left + 4,
                   corner = top <= 0 && left <= 0;
        const double lost = sigmoid(2) - sigmoid(0.5);
        cr_expect_float_eq(o.pixel_loss[i], over ? lost : 0, 1e-6, "place %d: %g", i,
                           (double)o.pixel_loss[i]);
        cr_expect_float_eq(o.region_loss[i], corner ? lost : 0, 1e-6, "place %d: %g", i,
                           (double)o.region_loss[i]);
    }
    sw_occlusion_deinit(&o);
    sw_probe_close(&probe);
}

Test(probe, the_patch_is_gray_before_the_colours_are_normalized)
{
    static float image[PIXELS * 3];
    static uint8_t region[PIXELS];
    const sw_conv2d_attrs conv = {.kernel = 1};
    sw_layer layers[] = {{.name = "conv", .op = &sw_op_conv2d, .attrs = &conv}};
    const float weights[CLASSES][3] = {{0, 0, 0}, {1, 0, 0}};
    sw_probe probe;
    sw_occlusion o;
    open_probe(&probe, layers, 1);
    set(&probe, "conv.weight", &weights[0][0]);
    const sw_occlusion_rule rule = {.class_number = 1,
                                    .region = region,
                                    .patch_px = 8,
                                    .step_px = 8,
                                    .normalize = {.mean = {0.1f, 0, 0}, .std = {0.2f, 1, 1}}};
    must(sw_occlusion_find(&o, &probe, image, &rule));
    cr_expect_float_eq(o.pixel_loss[0], sigmoid(0) - sigmoid(2), 1e-6, "(0.5 - 0.1) / 0.2 is 2");
    cr_expect_eq(o.in_region, 0.0, "an empty region has no score");
    sw_occlusion_deinit(&o);
    sw_probe_close(&probe);
}

Test(probe, dropout_drops_in_samples_only_and_in_each_otherwise)
{
    static float image[PIXELS * 3], plain[PIXELS * CLASSES], again[PIXELS * CLASSES],
        samples[2][PIXELS * CLASSES];
    const sw_conv2d_attrs conv = {.kernel = 1};
    const sw_dropout_attrs drop = {.rate = 0.5f};
    sw_layer layers[] = {{.name = "drop", .op = &sw_op_dropout, .attrs = &drop},
                         {.name = "conv", .op = &sw_op_conv2d, .attrs = &conv}};
    const float weights[CLASSES][3] = {{1, 0, 0}, {0, 1, 0}};
    sw_probe probe;
    open_probe(&probe, layers, 2);
    set(&probe, "conv.weight", &weights[0][0]);
    for (int i = 0; i < PIXELS * 3; i++) image[i] = 1.0f;
    must(sw_probe_forward(&probe, image, 1));
    must(sw_probe_read(&probe, probe.model.logits, plain, 1));
    for (int i = 0; i < 2; i++) {
        sw_probe_set_sampling(&probe, true, (uint64_t)i);
        must(sw_probe_forward(&probe, image, 1));
        must(sw_probe_read(&probe, probe.model.logits, samples[i], 1));
    }
    sw_probe_set_sampling(&probe, false, 0);
    must(sw_probe_forward(&probe, image, 1));
    must(sw_probe_read(&probe, probe.model.logits, again, 1));
    cr_expect_eq(memcmp(plain, again, sizeof plain), 0);
    cr_expect_neq(memcmp(samples[0], samples[1], sizeof plain), 0);
    for (int i = 0; i < PIXELS * CLASSES; i++) {
        cr_expect_eq(plain[i], 1.0f);
        cr_expect(samples[0][i] == 0.0f || samples[0][i] == 2.0f, "%g", (double)samples[0][i]);
    }
    sw_probe_close(&probe);
}
