#include "rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "data/dataset.h"
#include "data/mask_values.h"
#include "nn/losses.h"
#include "nn/metric_table.h"
#include "nn/model.h"

typedef struct checking {
    const sw_experiment *e;
    sw_problems *problems;
} checking;

/* The place where the value at `path` was given; for a default, that of the mapping around it, or of the
 * file. */
static sw_yaml_place place_of(const sw_experiment *e, const char *path)
{
    char shorter[128];
    snprintf(shorter, sizeof shorter, "%s", path);
    for (;;) {
        const sw_yaml_node *node = sw_yaml_find(e->tree, shorter);
        if (node) return node->place;
        char *dot = strrchr(shorter, '.');
        if (!dot) return e->tree->place;
        *dot = '\0';
    }
}

static void complain(const checking *c, const char *path, const char *fmt, ...) SW_PRINTF(3, 4);

static void complain(const checking *c, const char *path, const char *fmt, ...)
{
    char detail[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(detail, sizeof detail, fmt, args);
    va_end(args);
    sw_problems_add(c->problems, place_of(c->e, path), "%s: %s", path, detail);
}

static bool is_plain_name(const char *text)
{
    static const char *const safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    return *text && !strchr(".-", text[0]) && strspn(text, safe) == strlen(text) && strlen(text) <= 100;
}

static void check_plain_name(const checking *c, const char *path, const char *value)
{
    if (!is_plain_name(value))
        complain(c, path,
                 "'%.60s' must be a plain file name: letters, digits, '.', '_' and '-', not '.' or '-' "
                 "first",
                 value);
}

/* ---- data ---- */

static void check_data_names(const checking *c)
{
    static const char *const paths[SW_SPLITS] = {"data.train_split", "data.val_split", "data.test_split"};
    const sw_data_config *data = &c->e->data;
    if (data->layout == SW_LAYOUT_PETS || data->layout == SW_LAYOUT_VOC)
        for (int s = 0; s < SW_SPLITS; s++)
            if (*data->split[s]) check_plain_name(c, paths[s], data->split[s]);
    if (!*data->root) complain(c, "data.root", "expected a folder, found an empty text");
}

static void check_folders(const checking *c)
{
    static const char *const paths[SW_SPLITS] = {"data.train", "data.val", "data.test"};
    for (int s = 0; s < SW_SPLITS; s++) {
        const sw_split_folders *folders = &c->e->data.folders[s];
        if (!*folders->images && !*folders->masks && s != SW_SPLIT_TRAIN) continue;
        if (!*folders->images || !*folders->masks)
            complain(c, paths[s], "layout folders needs both: {images: DIR, masks: DIR}");
    }
}

static void check_mask_values(const checking *c)
{
    const sw_data_config *data = &c->e->data;
    const sw_class_list *list = sw_data_class_list(data);
    const bool colours = sw_masks_are_colours(data);
    if (data->masks != SW_MASKS_AUTO && colours != (data->masks == SW_MASKS_COLOUR))
        complain(c, "data.masks",
                 colours ? "the classes are given by colours: colour, or auto"
                         : "the classes are given by numbers: index, palette or auto");
    for (int i = 0; data->ignore && i < data->ignore->count; i++) {
        char place[64];
        snprintf(place, sizeof place, "data.ignore.%d", i);
        if (colours != !!(data->ignore->codes[i] & SW_MASK_IS_COLOUR))
            complain(c, place, "the classes are given by %s, and so is what is ignored (none: nothing)",
                     colours ? "colours" : "numbers");
    }
    for (int i = 0; data->ignore && i < data->ignore->count; i++)
        for (int v = 0; v < list->value_count; v++) {
            char path[64];
            if (list->values[v].code != data->ignore->codes[i]) continue;
            snprintf(path, sizeof path, "data.ignore.%d", i);
            complain(c, path, "this is a value of the class %s, and cannot be ignored too",
                     list->classes.list[list->values[v].label].name);
        }
}

static void check_data(const checking *c)
{
    const sw_data_config *data = &c->e->data;
    check_data_names(c);
    if (data->layout == SW_LAYOUT_FOLDERS) check_folders(c);
    if (!sw_data_class_list(data)) {
        complain(c, "data.classes",
                 "this layout has no classes of its own: list those of the masks ('segwork data init %.100s' "
                 "looks at them and writes the list)",
                 data->root);
        return;
    }
    check_mask_values(c);
}

/* ---- model ---- */

static void check_kernel(const checking *c, const char *list, int i, int kernel)
{
    char path[64];
    snprintf(path, sizeof path, "model.%s.%d.kernel", list, i);
    if (kernel % 2 == 0)
        complain(c, path, "%d is even; a window needs a middle, so its side must be odd", kernel);
}

static void check_unpool(const checking *c, int i)
{
    const sw_model_config *m = &c->e->model;
    const sw_decoder_stage *stage = &m->decoder[i];
    const sw_encoder_stage *source = &m->encoder[stage->unpool_from - 1];
    char path[64];
    if (source->pool != SW_POOL_MAX) {
        snprintf(path, sizeof path, "model.decoder.%d.up", i);
        complain(c, path,
                 "'unpool' needs the offsets of a max pool, but encoder stage %d pools by average; write "
                 "'up: nearest' here or 'pool: max' there",
                 stage->unpool_from);
    }
    /* the first decoder stage gets what its encoder stage pooled, the others what the stage before left */
    int width = i == 0 ? source->width : m->decoder[i - 1].width;
    if (width != source->width && width != 0) {
        snprintf(path, sizeof path, "model.decoder.%d.width", i - 1);
        complain(c, path,
                 "%d channels leave this stage, but the next one (uc%d) unpools with the offsets of encoder "
                 "stage %d, whose width is %d",
                 width, stage->unpool_from, stage->unpool_from, source->width);
    }
}

static void check_decoder_stage(const checking *c, int i)
{
    const sw_model_config *m = &c->e->model;
    const sw_decoder_stage *stage = &m->decoder[i];
    char path[64];
    bool last = i == m->decoder_count - 1;
    int mirror = m->encoder_count - i;
    check_kernel(c, "decoder", i, stage->kernel);
    snprintf(path, sizeof path, "model.decoder.%d.width", i);
    if (!last && stage->width == 0) complain(c, path, "0 (as many as classes) is for the last stage only");
    if (last && stage->width != 0 && stage->width != m->classes)
        complain(c, path, "the last stage must end in one channel a class: 0 or %d, found %d", m->classes,
                 stage->width);
    snprintf(path, sizeof path, "model.decoder.%d.unpool_from", i);
    if (stage->unpool_from > m->encoder_count)
        complain(c, path, "there is no encoder stage %d; the encoder has %d", stage->unpool_from,
                 m->encoder_count);
    else if (stage->unpool_from != mirror)
        complain(c, path,
                 "expected %d, found %d: the decoder must undo the encoder's stages in reverse, or the "
                 "sizes don't match",
                 mirror, stage->unpool_from);
    else if (stage->up == SW_UP_UNPOOL)
        check_unpool(c, i);
}

/* Training and evaluation count each class of the data, and no other. */
static void check_classes(const checking *c)
{
    const sw_classes *classes = sw_data_classes(&c->e->data);
    const int given = c->e->model.classes;
    char hint[SW_CLASS_NAME_BYTES + 80] = "";
    if (!classes || given == classes->count) return;
    if (classes->border >= 0)
        snprintf(hint, sizeof hint, "; loss.ignore_index: %d makes %s pixels count for nothing",
                 classes->border, classes->list[classes->border].name);
    complain(c, "model.classes",
             "%d, but the data has %d classes; leave it out, or, for weights trained already, leave "
             "data.classes as it was%s",
             given, classes->count, hint);
}

static void check_pin(const checking *c, const sw_graph *graph, const sw_yaml_entry *pin)
{
    const char *names[SW_MAX_CONVOLUTIONS + 1] = {NULL};
    int count = 0;
    for (int i = 0; i < graph->node_count; i++) {
        if (graph->nodes[i].op != &sw_op_conv2d) continue;
        if (strcmp(graph->nodes[i].name, pin->key) == 0) return;
        if (count < SW_MAX_CONVOLUTIONS) names[count++] = graph->nodes[i].name;
    }
    const char *nearest = sw_nearest_word(pin->key, names);
    sw_problems_add(
        c->problems, pin->key_place, "runtime.conv_layers: the network has no convolution '%.60s'%s%s%s",
        pin->key, nearest ? "; did you mean " : "; segwork describe lists its layers, and ",
        nearest ? nearest : "runtime.conv_layers: none", nearest ? "?" : " leaves the engines to segwork");
}

/* A run's own file names the layers as the version that wrote it did. */
static void check_pins(const checking *c, const sw_graph *graph)
{
    const sw_yaml_node *pins = sw_yaml_find(c->e->tree, "runtime.conv_layers");
    for (size_t i = 0; !c->e->unknown && pins && pins->kind == SW_YAML_MAPPING && i < pins->count; i++)
        check_pin(c, graph, &pins->entries[i]);
}

/* Builds the network without a device: what does not fit is found where it is written. */
static void check_graph(const checking *c)
{
    sw_model model;
    sw_yaml_place culprit = {0};
    const sw_model_options options = {.batch = 1, .size = c->e->data.size};
    if (sw_model_build(&model, &c->e->model, NULL, &options, &culprit) == SW_OK) {
        check_pins(c, &model.graph);
        sw_model_deinit(&model);
        return;
    }
    if (culprit.source)
        sw_problems_add(c->problems, culprit, "%s", sw_error_message());
    else
        complain(c, "model", "%s", sw_error_message());
}

static void check_stages(const checking *c)
{
    const sw_model_config *m = &c->e->model;
    if (m->encoder_count == 0) {
        complain(
            c, "model",
            "has neither layers nor encoder and decoder: include a model of configs/model. (A description of "
            "data alone is for an experiment to include, beside one with a model: include: "
            "[experiments/segnet_small.yaml, data.yaml])");
        return;
    }
    for (int i = 0; i < m->encoder_count; i++) check_kernel(c, "encoder", i, m->encoder[i].kernel);
    if (m->decoder_count != m->encoder_count) {
        complain(c, "model.decoder", "expected %d stages, one for each encoder stage, found %d",
                 m->encoder_count, m->decoder_count);
        return; /* the stages cannot refer to each other then */
    }
    for (int i = 0; i < m->decoder_count; i++) check_decoder_stage(c, i);
    const sw_size size = c->e->data.size;
    const int least = 1 << m->encoder_count;
    if (sw_size_shorter(size) < least)
        complain(
            c, "data.size",
            "%d pixels a side are too few: each of the %d encoder stages halves them and must leave one; "
            "the smallest size that works is %d",
            sw_size_shorter(size), m->encoder_count, least);
}

/* What is for encoder and decoder alone. */
static void check_layers(const checking *c)
{
    const sw_model_config *m = &c->e->model;
    if (m->encoder_count || m->decoder_count)
        complain(c, "model.layers", "a network has layers, or encoder and decoder, not both");
    if (m->head != SW_HEAD_NORM_RELU)
        complain(c, "model.head", "is for encoder and decoder; with model.layers the last layers say it");
    if (m->bias)
        complain(c, "model.bias",
                 "is for encoder and decoder; with model.layers each conv2d has a bias: key");
}

static void check_model(const checking *c)
{
    const int before = c->problems->count;
    if (c->e->model.layers_written)
        check_layers(c);
    else
        check_stages(c);
    check_classes(c);
    if (c->problems->count == before) check_graph(c);
}

/* The path of a key of loss i: "loss.gamma", or in a list "loss.0.gamma". */
static const char *loss_path(char path[64], const checking *c, int i, const char *key)
{
    const sw_yaml_node *loss = sw_yaml_find(c->e->tree, "loss");
    if (loss && loss->kind == SW_YAML_SEQUENCE)
        snprintf(path, 64, "loss.%d.%s", i, key);
    else
        snprintf(path, 64, "loss.%s", key);
    return path;
}

static void check_class_weights(const checking *c, int i)
{
    const sw_loss_attrs *loss = &c->e->loss.items[i].attrs;
    char path[64];
    if (loss->class_weight_count == 0) return;
    float sum = 0;
    for (int k = 0; k < loss->class_weight_count; k++)
        if (k != loss->ignore_index) sum += loss->class_weights[k];
    if (loss->class_weight_count != c->e->model.classes)
        complain(c, loss_path(path, c, i, "class_weights"), "expected %d numbers, one a class, found %d",
                 c->e->model.classes, loss->class_weight_count);
    else if (!(sum > 0))
        complain(c, loss_path(path, c, i, "class_weights"),
                 "at least one class that counts must have a weight above 0");
}

static void check_loss(const checking *c)
{
    const int ignored = sw_losses_ignored(&c->e->loss);
    char path[64];
    for (int i = 0; i < c->e->loss.count; i++) {
        const int own = c->e->loss.items[i].attrs.ignore_index;
        check_class_weights(c, i);
        if (own != ignored)
            complain(
                c, loss_path(path, c, i, "ignore_index"),
                "%d, but the first loss has %d; all losses and the metrics ignore the same label, which is "
                "given in the first",
                own, ignored);
    }
}

static void check_metric(const checking *c, const sw_columns *columns, const char *path, const char *key)
{
    const int at = sw_columns_find(columns, key), ignored = sw_losses_ignored(&c->e->loss);
    const sw_column *column = at < 0 ? NULL : &columns->list[at];
    const char *nearest = column ? NULL : sw_columns_nearest(columns, key);
    if (nearest)
        complain(c, path, "there is no metric '%.60s'; did you mean %s?", key, nearest);
    else if (!column)
        complain(c, path,
                 "there is no metric '%.60s'; it is a column of metrics.csv, such as miou, pixel_accuracy, "
                 "val_loss or iou_%s",
                 key, columns->classes.list[0].name);
    else if (column->metric->group != SW_METRIC_VAL)
        complain(c, path, "'%s' is no figure of the clean validation; take one that is, such as miou", key);
    else if (column->c >= 0 && column->c == ignored)
        complain(c, path,
                 "'%s' is never defined, since loss.ignore_index: %d leaves out the pixels of %s; take "
                 "another metric, such as miou, or leave loss.ignore_index out",
                 key, ignored, columns->classes.list[ignored].name);
}

static void check_metrics(const checking *c)
{
    const sw_train_config *train = &c->e->train;
    const sw_classes *classes = sw_data_classes(&c->e->data);
    sw_columns columns;
    if (!classes) return; /* complained of elsewhere */
    const sw_loss_names losses = sw_losses_name(&c->e->loss);
    if (sw_columns_init(&columns, classes, &losses) != SW_OK) {
        complain(c, "train", "%s", sw_error_message());
        return;
    }
    check_metric(c, &columns, "train.save_best", train->save_best);
    check_metric(c, &columns, "train.early_stop.metric", train->early_stop.metric);
    sw_columns_deinit(&columns);
}

static void check_learning_rate(const checking *c)
{
    const sw_schedule_config *schedule = &c->e->schedule;
    const sw_optimizer_config *optimizer = &c->e->optimizer;
    bool falls = schedule->kind == SW_SCHED_COSINE || schedule->kind == SW_SCHED_POLY;
    if (falls && schedule->min_lr > optimizer->lr)
        complain(c, "schedule.min_lr", "%g is above optimizer.lr, %g", (double)schedule->min_lr,
                 (double)optimizer->lr);
    if (schedule->warmup_epochs > 0 && schedule->warmup_epochs >= (float)c->e->train.epochs)
        complain(c, "schedule.warmup_epochs", "%g epochs of warm-up leave nothing of the %d of train.epochs",
                 (double)schedule->warmup_epochs, c->e->train.epochs);
    if (optimizer->kind == SW_OPT_SGD && optimizer->nesterov && !(optimizer->momentum > 0))
        complain(c, "optimizer.nesterov", "needs optimizer.momentum above 0");
}

static void check_grid(const checking *c)
{
    const sw_grid_config *grid = &c->e->grid;
    if (grid->name_count > 0 && grid->name_count != grid->count)
        complain(c, "grid.count", "%d, but grid.names lists %d images; leave grid.count out", grid->count,
                 grid->name_count);
}

void check_rules(const sw_experiment *experiment, sw_problems *problems)
{
    const checking c = {experiment, problems};
    check_plain_name(&c, "name", experiment->name);
    check_data(&c);
    check_model(&c);
    check_loss(&c);
    check_metrics(&c);
    check_learning_rate(&c);
    check_grid(&c);
}

void check_data_rules(const sw_experiment *experiment, sw_problems *problems)
{
    const checking c = {experiment, problems};
    check_data(&c);
}
