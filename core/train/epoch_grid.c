#include "epoch_grid.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/rng.h"
#include "base/str.h"
#include "data/augment.h"
#include "data/normalize.h"
#include "draw/tiles.h"
#include "run/epoch_title.h"

static size_t pixels_of(const sw_dataset *dataset)
{
    return sw_size_pixels(sw_dataset_size(dataset));
}

static sw_tiles_spec picture_of(const sw_mask_images *shown, const char *title)
{
    return (sw_tiles_spec){.title = title,
                           .count = shown->count,
                           .columns = shown->columns,
                           .size = shown->size,
                           .images = shown->inputs,
                           .truths = shown->truths,
                           .classes = &shown->classes};
}

/* Whether the images can be drawn and kept; their pixels need not be there yet. */
static sw_status check(const sw_mask_images *shown)
{
    const sw_tiles_spec picture = picture_of(shown, "");
    SW_ENSURE(sw_masks_check(shown));
    return sw_fail_in(sw_tiles_check(&picture), "grid.count, grid.columns");
}

sw_status sw_experiment_check_grid(const sw_experiment *x)
{
    const bool limited = x->data.limit[SW_SPLIT_VAL] > 0 && x->data.limit[SW_SPLIT_VAL] < x->grid.count;
    const sw_mask_images shown = {.count = limited ? x->data.limit[SW_SPLIT_VAL] : x->grid.count,
                                  .columns = x->grid.columns,
                                  .size = x->data.size,
                                  .classes = *sw_data_classes(&x->data)};
    return check(&shown);
}

static sw_status choose_named(int *images, const sw_dataset *dataset, const sw_grid_config *config, int count)
{
    for (int i = 0; i < count; i++) {
        images[i] = sw_dataset_find(dataset, config->names[i]);
        if (images[i] < 0)
            return sw_fail(SW_E_CONFIG, "grid.names: '%s' is not among the %d validation images",
                           config->names[i], sw_dataset_count(dataset));
        for (int k = 0; k < i; k++)
            if (images[k] == images[i])
                return sw_fail(SW_E_CONFIG, "grid.names: '%s' stands there twice", config->names[i]);
    }
    return SW_OK;
}

/* The first `count` of a shuffle of all images: distinct, and the same for a seed. */
static sw_status choose_by_seed(int *images, const sw_dataset *dataset, uint64_t seed, int count)
{
    size_t total = (size_t)sw_dataset_count(dataset);
    uint32_t *order = malloc(total * sizeof *order);
    if (!order) return sw_fail_alloc("the choice of grid images", total * sizeof *order);
    for (size_t i = 0; i < total; i++) order[i] = (uint32_t)i;
    sw_rng rng = sw_rng_at(seed, SW_RNG_GRID, 0);
    sw_rng_shuffle(&rng, order, total);
    for (int i = 0; i < count; i++) images[i] = (int)order[i];
    free(order);
    return SW_OK;
}

/* Copies the images of the data set and makes room for what is predicted. */
static sw_status furnish(sw_epoch_grid *grid, const int *images)
{
    const sw_dataset *dataset = grid->dataset;
    const int total = sw_dataset_count(dataset);
    const size_t count = (size_t)grid->shown.count, pixels = pixels_of(dataset);
    sw_arena *arena = &grid->arena;
    const uint8_t **tiles = sw_arena_alloc(arena, 2 * count * sizeof *tiles);
    const char **names = sw_arena_alloc(arena, count * sizeof *names);
    uint8_t *maps = sw_arena_alloc(arena, 2 * count * pixels),
            *copies = sw_arena_alloc(arena, 4 * count * pixels);
    grid->captured = sw_arena_alloc(arena, 2 * count * sizeof *grid->captured);
    grid->slot_of_image = sw_arena_alloc(arena, (size_t)total * sizeof *grid->slot_of_image);
    if (!tiles || !names || !maps || !copies || !grid->captured || !grid->slot_of_image) return SW_E_MEMORY;
    grid->captured_confidence = grid->captured + count;
    for (int i = 0; i < total; i++) grid->slot_of_image[i] = -1;
    for (size_t i = 0; i < count; i++) {
        grid->slot_of_image[images[i]] = (int)i;
        grid->captured[i] = maps + i * pixels;
        grid->captured_confidence[i] = maps + (count + i) * pixels;
        uint8_t *image = copies + i * 4 * pixels, *labels = image + 3 * pixels;
        SW_ENSURE(sw_dataset_read(image, labels, dataset, images[i]));
        tiles[i] = image;
        tiles[count + i] = labels;
        names[i] = sw_dataset_name(dataset, images[i]);
    }
    grid->shown.inputs = tiles;
    grid->shown.truths = tiles + count;
    grid->shown.names = names;
    return SW_OK;
}

sw_status sw_epoch_grid_init(sw_epoch_grid *grid, const sw_dataset *dataset, const sw_grid_config *config,
                             uint64_t seed)
{
    sw_status status = SW_OK;
    const int total = sw_dataset_count(dataset);
    int count = config->count, *images = NULL;
    *grid = (sw_epoch_grid){.dataset = dataset};
    if (count > total && config->name_count == 0) {
        sw_log(SW_LOG_INFO, "the grid shows %d validation image%s, which are all (grid.count is %d)", total,
               total == 1 ? "" : "s", count);
        count = total;
    }
    grid->shown = (sw_mask_images){.count = count,
                                   .columns = config->columns,
                                   .size = sw_dataset_size(dataset),
                                   .classes = *sw_dataset_classes(dataset)};
    SW_TRY(check(&grid->shown));
    images = sw_arena_alloc(&grid->arena, (size_t)count * sizeof *images);
    if (!images) SW_TRY(SW_E_MEMORY);
    SW_TRY(config->name_count ? choose_named(images, dataset, config, count)
                              : choose_by_seed(images, dataset, seed, count));
    SW_TRY(furnish(grid, images));
done:
    if (status != SW_OK) sw_epoch_grid_deinit(grid);
    return status;
}

void sw_epoch_grid_deinit(sw_epoch_grid *grid)
{
    sw_arena_deinit(&grid->arena);
    *grid = (sw_epoch_grid){0};
}

sw_status sw_epoch_grid_predict(sw_epoch_grid *grid, sw_network *network)
{
    sw_status status = SW_OK;
    size_t pixels = pixels_of(grid->dataset), batch = (size_t)network->options.eval_batch;
    float *images = malloc(batch * pixels * 3 * sizeof *images);
    uint8_t *labels = malloc(batch * pixels);
    if (!images || !labels)
        SW_TRY(sw_fail_alloc("a batch of grid images", batch * pixels * 3 * sizeof *images));
    for (int first = 0; first < grid->shown.count; first += (int)batch) {
        int n = grid->shown.count - first < (int)batch ? grid->shown.count - first : (int)batch;
        for (int i = 0; i < n; i++) {
            float *image = images + (size_t)i * pixels * 3;
            sw_augment_to_float(image, grid->shown.inputs[first + i], pixels * 3);
            sw_normalize_apply(sw_dataset_normalize(grid->dataset), image, pixels);
            memcpy(labels + (size_t)i * pixels, grid->shown.truths[first + i], pixels);
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

/* The maps lie one behind the other: predictions, then confidences. */
static size_t captured_bytes(const sw_epoch_grid *grid)
{
    return 2 * (size_t)grid->shown.count * pixels_of(grid->dataset);
}

void sw_epoch_grid_begin(sw_epoch_grid *grid, const sw_comm *comm)
{
    if (sw_comm_size(comm) > 1) memset(grid->captured[0], 0, captured_bytes(grid));
}

sw_status sw_epoch_grid_unite(sw_epoch_grid *grid, sw_comm *comm)
{
    return sw_comm_unite(comm, grid->captured[0], captured_bytes(grid));
}

sw_status sw_epoch_grid_begin_store(const sw_epoch_grid *grid, const char *run)
{
    return sw_masks_begin(run, &grid->shown);
}

sw_status sw_epoch_grid_store(const sw_epoch_grid *grid, const char *run, int epoch)
{
    return sw_masks_add(run, &grid->shown, epoch, (const uint8_t *const *)grid->captured,
                        (const uint8_t *const *)grid->captured_confidence);
}

sw_status sw_epoch_grid_draw(const sw_epoch_grid *grid, const char *folder, int epoch,
                             const sw_columns *columns, const sw_epoch_record *row)
{
    char title[160];
    char *path = sw_strf("%s/epoch_%02d.png", folder, epoch);
    if (!path) return SW_E_MEMORY;
    sw_epoch_title(title, sizeof title, epoch, columns, row);
    sw_tiles_spec picture = picture_of(&grid->shown, title);
    picture.predictions = (const uint8_t *const *)grid->captured;
    sw_status status = sw_tiles_draw(path, &picture);
    free(path);
    return status;
}
