#include "epoch_grid.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/rng.h"
#include "base/str.h"
#include "data/augment.h"
#include "draw/tiles.h"
#include "run/epoch_title.h"
#include "run/masks.h"

static size_t pixels_of(const sw_dataset *dataset)
{
    size_t side = (size_t)sw_dataset_size_px(dataset);
    return side * side;
}

sw_status sw_epoch_grid_check(int count, int columns, int size_px, const sw_classes *classes)
{
    const sw_mask_images sheet = {.count = count, .columns = columns, .size_px = size_px};
    const sw_tiles_spec picture = {.title = "",
                                   .count = count,
                                   .columns = columns < count ? columns : count,
                                   .size_px = size_px,
                                   .classes = classes};
    sw_status status = sw_masks_check(&sheet);
    return status == SW_OK ? sw_fail_in(sw_tiles_check(&picture), "grid.count, grid.columns") : status;
}

sw_status sw_experiment_check_grid(const sw_experiment *x)
{
    const bool limited = x->data.val_limit > 0 && x->data.val_limit < x->grid.count;
    return sw_epoch_grid_check(limited ? x->data.val_limit : x->grid.count, x->grid.columns, x->data.size,
                               sw_data_classes(&x->data));
}

static sw_status choose_named(sw_epoch_grid *grid, const sw_grid_config *config)
{
    for (int i = 0; i < grid->count; i++) {
        grid->images[i] = sw_dataset_find(grid->dataset, config->names[i]);
        if (grid->images[i] < 0)
            return sw_fail(SW_E_CONFIG, "grid.names: '%s' is not among the %d validation images",
                           config->names[i], sw_dataset_count(grid->dataset));
        for (int k = 0; k < i; k++)
            if (grid->images[k] == grid->images[i])
                return sw_fail(SW_E_CONFIG, "grid.names: '%s' stands there twice", config->names[i]);
    }
    return SW_OK;
}

/* The first `count` of a shuffle of all images: distinct, and the same for a seed. */
static sw_status choose_by_seed(sw_epoch_grid *grid, uint64_t seed)
{
    size_t total = (size_t)sw_dataset_count(grid->dataset);
    uint32_t *order = malloc(total * sizeof *order);
    if (!order) return sw_fail_alloc("the choice of grid images", total * sizeof *order);
    for (size_t i = 0; i < total; i++) order[i] = (uint32_t)i;
    sw_rng rng = sw_rng_at(seed, SW_RNG_GRID, 0);
    sw_rng_shuffle(&rng, order, total);
    for (int i = 0; i < grid->count; i++) grid->images[i] = (int)order[i];
    free(order);
    return SW_OK;
}

sw_status sw_epoch_grid_init(sw_epoch_grid *grid, const sw_dataset *dataset, const sw_grid_config *config,
                             uint64_t seed)
{
    sw_status status = SW_OK;
    int total = sw_dataset_count(dataset);
    *grid = (sw_epoch_grid){.dataset = dataset, .count = config->count, .columns = config->columns};
    if (grid->count > total && config->name_count == 0) {
        sw_log(SW_LOG_WARNING, "grid.count is %d, but there are only %d validation images: showing those",
               grid->count, total);
        grid->count = total;
    }
    SW_TRY(sw_epoch_grid_check(grid->count, grid->columns, sw_dataset_size_px(dataset),
                               sw_dataset_classes(dataset)));
    size_t count = (size_t)grid->count, pixels = pixels_of(dataset);
    grid->images = malloc(count * sizeof *grid->images);
    grid->slot_of_image = malloc((size_t)total * sizeof *grid->slot_of_image);
    grid->captured = malloc(count * sizeof *grid->captured);
    grid->captured_confidence = malloc(count * sizeof *grid->captured_confidence);
    grid->pixels = calloc(count, 2 * pixels);
    grid->inputs = malloc(count * sizeof *grid->inputs);
    grid->truths = malloc(count * sizeof *grid->truths);
    grid->names = malloc(count * sizeof *grid->names);
    if (!grid->images || !grid->slot_of_image || !grid->captured || !grid->captured_confidence ||
        !grid->pixels || !grid->inputs || !grid->truths || !grid->names) {
        status = sw_fail_alloc("the grid's predictions", count * 2 * pixels);
        goto done;
    }
    SW_TRY(config->name_count ? choose_named(grid, config) : choose_by_seed(grid, seed));
    for (int i = 0; i < total; i++) grid->slot_of_image[i] = -1;
    for (int i = 0; i < grid->count; i++) {
        grid->slot_of_image[grid->images[i]] = i;
        grid->captured[i] = grid->pixels + (size_t)i * pixels;
        grid->captured_confidence[i] = grid->pixels + (count + (size_t)i) * pixels;
        grid->inputs[i] = sw_dataset_image(dataset, grid->images[i]);
        grid->truths[i] = sw_dataset_labels(dataset, grid->images[i]);
        grid->names[i] = sw_dataset_name(dataset, grid->images[i]);
    }
done:
    if (status != SW_OK) sw_epoch_grid_deinit(grid);
    return status;
}

void sw_epoch_grid_deinit(sw_epoch_grid *grid)
{
    free(grid->images);
    free(grid->slot_of_image);
    free(grid->captured);
    free(grid->captured_confidence);
    free(grid->pixels);
    free(grid->inputs);
    free(grid->truths);
    free(grid->names);
    *grid = (sw_epoch_grid){0};
}

sw_status sw_epoch_grid_predict(sw_epoch_grid *grid, sw_network *network)
{
    sw_status status = SW_OK;
    size_t pixels = pixels_of(grid->dataset), batch = (size_t)network->options.eval_batch;
    float *images = malloc(batch * pixels * 3 * sizeof *images);
    uint8_t *labels = malloc(batch * pixels);
    if (!images || !labels) {
        status = sw_fail_alloc("a batch of grid images", batch * pixels * 3 * sizeof *images);
        goto done;
    }
    for (int first = 0; first < grid->count; first += (int)batch) {
        int n = grid->count - first < (int)batch ? grid->count - first : (int)batch;
        for (int i = 0; i < n; i++) {
            sw_augment_to_float(images + (size_t)i * pixels * 3, grid->inputs[first + i], pixels * 3);
            memcpy(labels + (size_t)i * pixels, grid->truths[first + i], pixels);
        }
        const sw_batch_results wanted = {.predictions = grid->captured[first],
                                         .confidence = grid->captured_confidence[first]};
        SW_TRY(sw_network_evaluate(network, images, labels, n, &wanted));
    }
done:
    free(images);
    free(labels);
    return status;
}

static sw_mask_images images_of(const sw_epoch_grid *grid)
{
    return (sw_mask_images){.count = grid->count,
                            .columns = grid->columns,
                            .size_px = sw_dataset_size_px(grid->dataset),
                            .classes = *sw_dataset_classes(grid->dataset),
                            .names = grid->names,
                            .inputs = grid->inputs,
                            .truths = grid->truths};
}

sw_status sw_epoch_grid_begin_store(const sw_epoch_grid *grid, const char *run)
{
    sw_mask_images images = images_of(grid);
    return sw_masks_begin(run, &images);
}

sw_status sw_epoch_grid_store(const sw_epoch_grid *grid, const char *run, int epoch)
{
    sw_mask_images images = images_of(grid);
    return sw_masks_add(run, &images, epoch, (const uint8_t *const *)grid->captured,
                        (const uint8_t *const *)grid->captured_confidence);
}

sw_status sw_epoch_grid_draw(const sw_epoch_grid *grid, const char *folder, int epoch,
                             const sw_columns *columns, const sw_epoch_record *row)
{
    char title[160];
    char *path = sw_strf("%s/epoch_%02d.png", folder, epoch);
    if (!path) return SW_E_MEMORY;
    sw_epoch_title(title, sizeof title, epoch, columns, row);
    sw_tiles_spec spec = {.title = title,
                          .count = grid->count,
                          .columns = grid->columns < grid->count ? grid->columns : grid->count,
                          .size_px = sw_dataset_size_px(grid->dataset),
                          .images = grid->inputs,
                          .truths = grid->truths,
                          .predictions = (const uint8_t *const *)grid->captured,
                          .classes = sw_dataset_classes(grid->dataset)};
    sw_status status = sw_tiles_draw(path, &spec);
    free(path);
    return status;
}
