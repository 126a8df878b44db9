/* How sure the network is: the probability of what it predicts, and how far samples with dropout lie apart.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "apply/overlay.h"
#include "apply/samples.h"
#include "base/log.h"
#include "inspection.h"
#include "nn/probabilities.h"
#include "ops/ops.h"

enum { TILE_PX = 230, COLUMNS = 4 };

/* --- samples ------------------------------------------------------------------------------------- */

static sw_status take_sample(inspection *s, int sample, float *sums, float *squares)
{
    void *logits;
    const size_t pixels = sw_size_pixels(s->size);
    sw_probe_set_sampling(&s->probe, true, (uint64_t)sample);
    SW_ENSURE(inspection_forward(s));
    sw_status status = inspection_read(&logits, s, s->probe.model.logits);
    if (status == SW_OK) status = sw_softmax(logits, pixels, s->class_count);
    if (status == SW_OK) sw_samples_add(sums, squares, logits, pixels * (size_t)s->class_count);
    free(logits);
    return status;
}

/* Fills in the spread (height, width) of the samples. */
static sw_status find_spread(float *spread, inspection *s)
{
    sw_status status = SW_OK;
    const size_t pixels = sw_size_pixels(s->size), values = pixels * (size_t)s->class_count;
    float *sums = calloc(values, sizeof *sums), *squares = calloc(values, sizeof *squares);
    if (!sums || !squares) SW_TRY(sw_fail_alloc("samples", 2 * values * sizeof *sums));
    for (int i = 0; i < SW_INSPECT_SAMPLES; i++) SW_TRY(take_sample(s, i, sums, squares));
    sw_samples_finish(sums, spread, squares, pixels, s->class_count, SW_INSPECT_SAMPLES);
done:
    sw_probe_set_sampling(&s->probe, false, 0);
    free(sums);
    free(squares);
    return status;
}

/* --- drawing ------------------------------------------------------------------------------------- */

/* The picture under the classes' colours, and what these mean. */
static void add_prediction(sw_figure *f, inspection *s)
{
    bool found[SW_MAX_CLASSES] = {false};
    const size_t pixels = sw_size_pixels(s->size);
    sw_figure_tile *tile = sw_figure_add_rgb(f, s->size, s->picture);
    if (tile->rgb) sw_label_overlay(tile->rgb, s->labels, pixels, s->classes);
    for (size_t i = 0; i < pixels; i++) found[s->labels[i]] = true;
    for (int c = 0; c < s->class_count; c++)
        if (found[c]) sw_figure_add_key(f, sw_class_rgb(s->classes, c), inspection_class_name(s, c));
}

/* Fills in the probability of the predicted class, from 0 where all classes are alike to 1; or, of one class,
 * its probability. */
static double fill_map(float *out, const inspection *s, int class_number)
{
    double sum = 0;
    const size_t classes = (size_t)s->class_count;
    const float least = class_number < 0 && classes > 1 ? 1.0f / (float)classes : 0.0f;
    for (size_t i = 0; i < sw_size_pixels(s->size); i++) {
        const float p =
            s->probabilities[i * classes + (size_t)(class_number < 0 ? s->labels[i] : class_number)];
        out[i] = (p - least) / (1.0f - least);
        sum += (double)p;
    }
    return sum / (double)sw_size_pixels(s->size);
}

static void add_map(sw_figure *f, inspection *s, float *values, int class_number)
{
    const double mean = fill_map(values, s, class_number);
    sw_figure_tile *tile = sw_figure_add_map(f, s->size, values, SW_COLOURS_HEAT, 1);
    tile->name = class_number < 0 ? sw_figure_print(f, "%.2f to 1, mean %.3f", 1.0 / s->class_count, mean)
                                  : sw_figure_print(f, "0 to 1, mean %.3f", mean);
}

static void add_spread(sw_figure *f, const inspection *s, const float *spread)
{
    double most = 0;
    for (size_t i = 0; i < sw_size_pixels(s->size); i++) most = fmax(most, (double)spread[i]);
    sw_figure_tile *tile = sw_figure_add_map(f, s->size, spread, SW_COLOURS_HEAT, most);
    tile->name = sw_figure_print(f, "0 to %.3f; 0.5 is the most", most);
}

static sw_status draw(inspection *s, float *values, bool drops)
{
    const char *name = inspection_class_name(s, s->class_number);
    sw_figure *f = inspection_add_figure(s, "confidence", COLUMNS + drops, TILE_PX);
    if (!f) return SW_E_MEMORY;
    f->title = "How sure the network is";
    f->text = sw_figure_print(f,
                              "Of %s: what is predicted, the probability of the predicted class (dark where "
                              "all classes are alike), and that of %s.%s",
                              s->picture_name, name,
                              drops ? sw_figure_print(f,
                                                      " Uncertainty: the standard deviation of the "
                                                      "probabilities over %d predictions with dropout.",
                                                      SW_INSPECT_SAMPLES)
                                    : "");
    f->heads[0] = "The picture";
    f->heads[1] = "Prediction";
    f->heads[2] = "Confidence";
    f->heads[3] = sw_figure_print(f, "Probability of %s", name);
    if (drops) f->heads[COLUMNS] = "Uncertainty";
    sw_figure_add_rgb(f, s->size, s->picture);
    add_prediction(f, s);
    add_map(f, s, values, -1);
    add_map(f, s, values, s->class_number);
    if (drops) {
        SW_ENSURE(find_spread(values, s));
        add_spread(f, s, values);
    }
    sw_figure_scale(f, SW_COLOURS_HEAT, "least", "most, as under each picture");
    return sw_figure_status(f);
}

sw_status inspect_sureness(inspection *s)
{
    const size_t pixels = sw_size_pixels(s->size);
    const bool drops = sw_graph_has_op(&s->probe.model.graph, &sw_op_dropout);
    float *values = malloc(pixels * sizeof *values);
    if (!values) return sw_fail_alloc("a map", pixels * sizeof *values);
    if (!drops) sw_log(SW_LOG_INFO, "no map of uncertainty: this network has no dropout");
    const sw_status status = draw(s, values, drops);
    free(values);
    return status;
}
