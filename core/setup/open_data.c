#include "setup/open_data.h"

#include <limits.h>
#include <string.h>

#include "base/log.h"

static sw_status open_list(sw_dataset **out, const sw_data_config *data, const char *split, int holdout,
                           bool held, int limit)
{
    sw_dataset_options options = {.root = data->root,
                                  .split = split,
                                  .holdout = holdout,
                                  .held = held,
                                  .limit = limit,
                                  .size_px = data->size,
                                  .resize = data->resize,
                                  .on_bad_file = data->on_bad_file,
                                  .threads = data->loader_threads};
    sw_status status = sw_dataset_open(out, &options);
    if (status == SW_OK)
        sw_log(SW_LOG_INFO,
               "data %s/%s%s: %d images of %dx%d, %d skipped; pet %.3f, background %.3f, border %.3f",
               data->root, split, held ? " (held out)" : "", sw_dataset_count(*out), data->size, data->size,
               sw_dataset_skipped(*out), sw_dataset_class_fraction(*out, SW_CLASS_PET),
               sw_dataset_class_fraction(*out, SW_CLASS_BACKGROUND),
               sw_dataset_class_fraction(*out, SW_CLASS_BORDER));
    return status;
}

sw_status sw_open_train_data(sw_dataset **out, const sw_data_config *data)
{
    return open_list(out, data, data->train_split, data->holdout, false, data->train_limit);
}

sw_status sw_open_val_data(sw_dataset **out, const sw_data_config *data)
{
    return open_list(out, data, sw_val_list_name(data), data->holdout, data->holdout > 0, data->val_limit);
}

const char *sw_val_list_name(const sw_data_config *data)
{
    return data->holdout > 0 ? data->train_split : data->val_split;
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

sw_loss_config sw_resolve_loss(const sw_loss_config *loss, const sw_dataset *train)
{
    sw_loss_config resolved = *loss;
    if (!loss->median_frequency) return resolved;
    float weights[SW_DATA_CLASSES];
    sw_dataset_median_frequency(train, weights);
    memcpy(resolved.attrs.class_weights, weights, sizeof weights);
    resolved.attrs.class_weight_count = SW_DATA_CLASSES;
    sw_log(SW_LOG_INFO, "class weights by median frequency: pet %.4f, background %.4f, border %.4f",
           (double)weights[SW_CLASS_PET], (double)weights[SW_CLASS_BACKGROUND],
           (double)weights[SW_CLASS_BORDER]);
    return resolved;
}
