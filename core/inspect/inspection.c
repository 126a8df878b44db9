#include "inspection.h"

#include <stdlib.h>
#include <string.h>

#include "apply/label_map.h"
#include "base/array.h"
#include "base/log.h"
#include "data/augment.h"
#include "data/description.h"
#include "data/normalize.h"
#include "graph/receptive_field.h"
#include "nn/probabilities.h"
#include "setup/open.h"
#include "setup/open_data.h"
#include "weights/checkpoint.h"

enum { PIXEL_RGB = 0xFFD400, PIXEL_PX = 3 };

/* --- the network --------------------------------------------------------------------------------- */

static sw_status open_network(inspection *s)
{
    sw_trained *saved = s->saved;
    const sw_experiment *x = s->x;
    SW_ENSURE(sw_open_device(&saved->cl, &saved->device, x, s->options->device, x->runtime.check));
    sw_log(SW_LOG_INFO, "device %d:%d %s", saved->device.platform_index, saved->device.device_index,
           saved->device.name);
    const sw_network_options options = sw_open_network_options(x, sw_cl_device(saved->cl));
    SW_ENSURE(sw_probe_open(&s->probe, saved->cl, &options));
    s->probe.seed = x->seed;
    const sw_checkpoint weights = {.graph = &s->probe.model.graph, .store = &s->probe.store};
    SW_ENSURE(sw_checkpoint_load(&weights, saved->weights, saved->weights_path));
    const size_t values = (size_t)s->probe.model.graph.value_count;
    s->fields = malloc(values * sizeof *s->fields);
    if (!s->fields) return sw_fail_alloc("receptive fields", values * sizeof *s->fields);
    return sw_receptive_field_sides(s->fields, &s->probe.model.graph);
}

/* --- the picture --------------------------------------------------------------------------------- */

static sw_status open_validation(inspection *s)
{
    if (s->options->image && !s->options->pictures) return SW_OK;
    return sw_fail_in(sw_open_data(&s->val, &s->x->data, SW_SPLIT_VAL),
                      "the validation pictures, without which goes: --image FILE --pictures 0");
}

/* Fits a picture as the data set fits its own. */
static sw_status read_file(inspection *s)
{
    sw_image image;
    SW_ENSURE(sw_image_read_rgb(&image, s->options->image));
    const sw_fit fit = sw_fit_find(s->x->data.fit, (sw_size){image.height, image.width}, s->size);
    sw_fit_apply(s->picture, &fit, &image, s->x->data.resize, 0);
    sw_image_deinit(&image);
    s->picture_name = s->options->image;
    return SW_OK;
}

static sw_status read_picture(inspection *s)
{
    const size_t pixels = sw_size_pixels(s->size);
    s->picture = malloc(pixels * 3);
    s->image = malloc(pixels * 3 * sizeof *s->image);
    if (!s->picture || !s->image) return sw_fail_alloc("a picture", pixels * 3 * (1 + sizeof *s->image));
    if (s->options->image) {
        SW_ENSURE(read_file(s));
    } else {
        SW_ENSURE(sw_dataset_read(s->picture, NULL, s->val, 0));
        s->picture_name = sw_dataset_name(s->val, 0);
    }
    inspection_to_image(s, s->image, s->picture);
    return SW_OK;
}

void inspection_to_image(const inspection *s, float *image, const uint8_t *picture)
{
    const size_t pixels = sw_size_pixels(s->size);
    sw_augment_to_float(image, picture, pixels * 3);
    sw_normalize_apply(&s->x->data.normalize, image, pixels);
}

/* --- what is predicted --------------------------------------------------------------------------- */

sw_status inspection_forward(inspection *s)
{
    return sw_probe_forward(&s->probe, s->image, 1);
}

sw_status inspection_read(void **out, inspection *s, int value)
{
    const sw_value *v = &s->probe.model.graph.values[value];
    const size_t bytes = v->bytes / (size_t)v->shape.n;
    *out = malloc(bytes);
    if (!*out) return sw_fail_alloc("what a layer gives", bytes);
    return sw_probe_read(&s->probe, value, *out, 1);
}

static sw_status predict(inspection *s)
{
    const size_t pixels = sw_size_pixels(s->size);
    void *logits;
    SW_ENSURE(inspection_forward(s));
    const sw_status status = inspection_read(&logits, s, s->probe.model.logits);
    s->probabilities = logits;
    SW_ENSURE(status);
    SW_ENSURE(sw_fail_in(sw_softmax(s->probabilities, pixels, s->class_count), "%s", s->picture_name));
    s->labels = malloc(pixels);
    if (!s->labels) return sw_fail_alloc("a map of classes", pixels);
    const int height = s->size.height, width = s->size.width;
    const sw_label_map map = {.labels = s->labels};
    const sw_map_side rows = {.length = height, .scaled = height, .window = height, .to = height},
                      columns = {.length = width, .scaled = width, .window = width, .to = width};
    return sw_label_map_fill(&map, s->probabilities, &rows, &columns, s->class_count);
}

/* --- pixel and class ----------------------------------------------------------------------------- */

const char *inspection_class_name(inspection *s, int class_number)
{
    if (class_number < s->classes->count) return s->classes->list[class_number].name;
    const char *name = sw_arena_printf(&s->arena, "class %d", class_number);
    return name ? name : "";
}

static sw_status find_class(inspection *s)
{
    sw_str names = {0};
    const int found = sw_classes_find(s->classes, s->options->class_name);
    s->class_number = found;
    if (found >= 0 && found < s->class_count) return SW_OK;
    for (int c = 0; c < s->classes->count; c++)
        sw_str_printf(&names, "%s%s", c ? ", " : "", s->classes->list[c].name);
    const sw_status status =
        sw_fail(SW_E_USAGE, "--class %s: the classes are %s", s->options->class_name, sw_str_text(&names));
    sw_str_deinit(&names);
    return status;
}

/* Whether the pixel may be chosen: one of the class that was asked for, else one of any object. */
static bool is_candidate(const inspection *s, uint8_t label)
{
    if (s->options->class_name) return label == s->class_number;
    return s->classes->background >= 0 && label != s->classes->background && label != s->classes->border;
}

/* The candidate that is nearest to the middle of all; false: there is none. */
static bool find_middle(inspection *s)
{
    double x = 0, y = 0, count = 0, nearest = -1;
    const int width = s->size.width;
    for (int i = 0; i < s->size.height * width; i++) {
        if (!is_candidate(s, s->labels[i])) continue;
        x += i % width;
        y += i / width;
        count++;
    }
    for (int i = 0; i < s->size.height * width; i++) {
        if (!is_candidate(s, s->labels[i])) continue;
        const double right = i % width - x / count, down = i / width - y / count;
        const double distance = right * right + down * down;
        if (nearest >= 0 && distance >= nearest) continue;
        nearest = distance;
        s->pixel_x = i % width;
        s->pixel_y = i / width;
    }
    return nearest >= 0;
}

/* Where the class that was asked for is likeliest, though it is predicted nowhere. */
static void find_likeliest(inspection *s)
{
    const size_t classes = (size_t)s->class_count, c = (size_t)s->class_number;
    size_t best = 0;
    for (size_t i = 1; i < sw_size_pixels(s->size); i++)
        if (s->probabilities[i * classes + c] > s->probabilities[best * classes + c]) best = i;
    s->pixel_x = (int)(best % (size_t)s->size.width);
    s->pixel_y = (int)(best / (size_t)s->size.width);
}

static void choose_pixel(inspection *s)
{
    s->pixel_x = s->size.width / 2;
    s->pixel_y = s->size.height / 2;
    if (s->options->has_pixel) {
        s->pixel_x = s->options->x;
        s->pixel_y = s->options->y;
    } else if (!find_middle(s) && s->options->class_name) {
        find_likeliest(s);
    }
    if (!s->options->class_name) s->class_number = s->labels[s->pixel_y * s->size.width + s->pixel_x];
}

static sw_status check_pixel(const inspection *s)
{
    const sw_inspect_options *o = s->options;
    if (!o->has_pixel || (o->x >= 0 && o->y >= 0 && o->x < s->size.width && o->y < s->size.height))
        return SW_OK;
    return sw_fail(
        SW_E_USAGE,
        "--pixel %d,%d: the network sees pictures of %d x %d px, so that X is 0 to %d and Y is 0 to %d", o->x,
        o->y, s->size.width, s->size.height, s->size.width - 1, s->size.height - 1);
}

/* --- opening and closing ------------------------------------------------------------------------- */

sw_status inspection_begin(inspection *s, sw_trained *saved, const sw_inspect_options *options)
{
    const sw_experiment *x = saved->experiment;
    *s = (inspection){.options = options,
                      .x = x,
                      .saved = saved,
                      .classes = sw_data_classes(&x->data),
                      .class_count = x->model.classes,
                      .size = x->data.size};
    SW_ENSURE(check_pixel(s));
    return options->class_name ? find_class(s) : SW_OK;
}

sw_status inspection_open(inspection *s)
{
    SW_ENSURE(open_validation(s));
    SW_ENSURE(read_picture(s));
    SW_ENSURE(open_network(s));
    SW_ENSURE(predict(s));
    choose_pixel(s);
    return SW_OK;
}

void inspection_close(inspection *s)
{
    for (int i = 0; i < s->figure_count; i++) sw_figure_deinit(&s->figures[i].figure);
    free(s->figures);
    free(s->picture);
    free(s->image);
    free(s->probabilities);
    free(s->labels);
    free(s->fields);
    sw_dataset_destroy(s->val);
    sw_probe_close(&s->probe);
    sw_arena_deinit(&s->arena);
    *s = (inspection){0};
}

sw_figure *inspection_add_figure(inspection *s, const char *id, int columns, int tile_px)
{
    if (SW_ARRAY_GROW(s->figures, s->figure_count, "figures") != SW_OK) return NULL;
    inspected_figure *f = &s->figures[s->figure_count++];
    f->id = id;
    sw_figure_init(&f->figure, columns, tile_px);
    f->figure.title = f->figure.text = "";
    return &f->figure;
}

void inspection_mark_pixel(const inspection *s, sw_figure *figure, sw_figure_tile *tile)
{
    sw_figure_add_mark(figure, tile,
                       (sw_figure_mark){s->pixel_x + 0.5 - PIXEL_PX / 2.0, s->pixel_y + 0.5 - PIXEL_PX / 2.0,
                                        PIXEL_PX, PIXEL_PX, PIXEL_RGB});
}
