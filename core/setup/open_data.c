#include "setup/open_data.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/file_set.h"
#include "base/log.h"

/* More classes than fit a line of the log are told by their extremes. */
enum { LISTED_CLASSES = 16, CLASS_LIST_BYTES = LISTED_CLASSES * (SW_CLASS_NAME_BYTES + 16) };

/* "pet 0.299, background 0.582, border 0.119", or "30 classes, from pole 0.001 to road 0.312" */
static void list_by_class(char text[CLASS_LIST_BYTES], const sw_classes *classes, const double *values,
                          int digits)
{
    size_t used = 0;
    int least = 0, most = 0;
    for (int c = 0; c < classes->count; c++) {
        if (values[c] < values[least]) least = c;
        if (values[c] > values[most]) most = c;
    }
    if (classes->count > LISTED_CLASSES)
        snprintf(text, CLASS_LIST_BYTES, "%d classes, from %s %.*f to %s %.*f", classes->count,
                 classes->list[least].name, digits, values[least], classes->list[most].name, digits,
                 values[most]);
    for (int c = 0; c < classes->count && classes->count <= LISTED_CLASSES; c++)
        used += (size_t)snprintf(text + used, CLASS_LIST_BYTES - used, "%s%s %.*f", c ? ", " : "",
                                 classes->list[c].name, digits, values[c]);
}

sw_status sw_open_data(sw_dataset **out, const sw_data_config *data, sw_split split)
{
    SW_ENSURE(sw_dataset_open(out, data, split));
    char fractions[CLASS_LIST_BYTES], buffer[256];
    double values[SW_MAX_CLASSES];
    for (int c = 0; c < sw_dataset_classes(*out)->count; c++) values[c] = sw_dataset_class_fraction(*out, c);
    list_by_class(fractions, sw_dataset_classes(*out), values, 3);
    sw_log(SW_LOG_INFO, "data %s/%s: %d image%s of %dx%d, %d skipped; %s", data->root,
           sw_data_split_title(buffer, sizeof buffer, data, split), sw_dataset_count(*out),
           sw_dataset_count(*out) == 1 ? "" : "s", data->size.width, data->size.height,
           sw_dataset_skipped(*out), fractions);
    return SW_OK;
}

sw_status sw_open_train_data(sw_dataset **out, const sw_experiment *experiment)
{
    SW_ENSURE(sw_open_data(out, &experiment->data, SW_SPLIT_TRAIN));
    if (experiment->train.overfit_batches == 0 && sw_augment_needs_pictures(&experiment->augment))
        sw_dataset_prefer_pictures(*out);
    return SW_OK;
}

/* Files are told apart by what they are, not by their names: a link to a picture is that picture. */
sw_status sw_warn_of_shared_images(const sw_dataset *train, const sw_dataset *val)
{
    sw_status status = SW_OK;
    sw_file_set seen = {0};
    const char *example = NULL;
    const int count = sw_dataset_count(val);
    int shared = 0;
    for (int i = 0; i < sw_dataset_count(train); i++)
        SW_TRY(sw_file_set_add(&seen, sw_dataset_image_path(train, i)));
    for (int i = 0; i < count; i++) {
        if (!sw_file_set_find(&seen, sw_dataset_image_path(val, i))) continue;
        if (shared++ == 0) example = sw_dataset_image_path(val, i);
    }
    if (shared)
        sw_log(
            SW_LOG_WARNING,
            "%d of %d validation image%s %s trained on too, such as %s: figures on them say nothing of new "
            "pictures; keep each picture in one split ('segwork data stats' lists them)",
            shared, count, count == 1 ? "" : "s", shared == 1 ? "is" : "are", example);
done:
    sw_file_set_deinit(&seen);
    return status;
}

void sw_warn_of_absent_classes(const sw_dataset *train)
{
    const sw_classes *classes = sw_dataset_classes(train);
    char names[CLASS_LIST_BYTES] = "";
    size_t used = 0;
    int absent = 0;
    for (int c = 0; c < classes->count; c++) {
        if (sw_dataset_class_fraction(train, c) > 0) continue;
        if (absent++ < LISTED_CLASSES)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "",
                                     classes->list[c].name);
    }
    if (absent)
        sw_log(SW_LOG_WARNING, "%d of %d classes cannot be learnt, since no training mask has %s: %s%s",
               absent, classes->count, absent == 1 ? "it" : "them", names,
               absent > LISTED_CLASSES ? ", ..." : "");
}

int sw_article_every(const sw_experiment *experiment)
{
    const sw_classes *classes = sw_data_classes(&experiment->data);
    return classes && classes->border >= 0 ? experiment->train.article_every : 0;
}

sw_loader_options sw_train_loading(const sw_experiment *experiment)
{
    const sw_train_config *train = &experiment->train;
    const bool overfit = train->overfit_batches > 0;
    const int64_t limit = (int64_t)train->overfit_batches * train->batch_size;
    return (sw_loader_options){.batch_size = train->batch_size,
                               .image_limit = limit < INT_MAX ? (int)limit : INT_MAX,
                               .threads = experiment->data.loader_threads,
                               .prefetch = experiment->data.prefetch,
                               .seed = experiment->seed,
                               .shuffle = train->shuffle && !overfit,
                               .augment = overfit ? NULL : &experiment->augment,
                               .stream = SW_RNG_AUGMENT};
}

bool sw_loss_needs_train_masks(const sw_loss_config *loss)
{
    for (int i = 0; i < loss->count; i++)
        if (loss->items[i].attrs.median_frequency) return true;
    return false;
}

static void log_weights(const float weights[SW_MAX_CLASSES], const sw_classes *classes)
{
    char text[CLASS_LIST_BYTES];
    double values[SW_MAX_CLASSES] = {0};
    for (int c = 0; c < classes->count; c++) values[c] = (double)weights[c];
    list_by_class(text, classes, values, 4);
    sw_log(SW_LOG_INFO, "class weights by median frequency: %s", text);
}

sw_loss_config sw_resolve_loss(const sw_loss_config *loss, const sw_dataset *train)
{
    sw_loss_config resolved = *loss;
    float weights[SW_MAX_CLASSES];
    if (!sw_loss_needs_train_masks(loss)) return resolved;
    sw_dataset_median_frequency(train, weights);
    log_weights(weights, sw_dataset_classes(train));
    for (int i = 0; i < resolved.count; i++) {
        sw_loss_attrs *attrs = &resolved.items[i].attrs;
        if (!attrs->median_frequency) continue;
        memcpy(attrs->class_weights, weights, sizeof weights);
        attrs->class_weight_count = sw_dataset_classes(train)->count;
    }
    return resolved;
}
