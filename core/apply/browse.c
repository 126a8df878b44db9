#include "apply/browse.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/fs.h"
#include "data/files.h"
#include "data/normalize.h"
#include "draw/tiles.h"
#include "run/out_file.h"
#include "setup/open_data.h"

enum { COLUMNS = 8 };

/* Fills a picture with `count` images of the batch. The arena holds copies of the photographs; masks and
 * names stay those of batch and data set. */
static sw_status fill(sw_tiles_spec *picture, sw_arena *arena, const sw_batch *batch,
                      const sw_dataset *dataset, int count)
{
    static const sw_tiles_panel panels[] = {SW_TILES_INPUTS, SW_TILES_TRUTH};
    const sw_size size = sw_dataset_size(dataset);
    const size_t pixels_each = sw_size_pixels(size), tile = pixels_each * 3, n = (size_t)count;
    const uint8_t **images = sw_arena_alloc(arena, n * sizeof *images);
    const uint8_t **labels = sw_arena_alloc(arena, n * sizeof *labels);
    const char **names = sw_arena_alloc(arena, n * sizeof *names);
    uint8_t *pixels = sw_arena_alloc(arena, n * tile);
    float *colours = sw_arena_alloc(arena, n * tile * sizeof *colours);
    if (!images || !labels || !names || !pixels || !colours) return SW_E_MEMORY;
    memcpy(colours, batch->images, n * tile * sizeof *colours);
    sw_normalize_undo(sw_dataset_normalize(dataset), colours, n * pixels_each);
    for (size_t i = 0; i < n * tile; i++) pixels[i] = (uint8_t)lroundf(255 * colours[i]);
    for (size_t i = 0; i < n; i++) {
        images[i] = pixels + i * tile;
        labels[i] = batch->labels + i * pixels_each;
        names[i] = sw_dataset_name(dataset, (int)batch->indices[i]);
    }
    *picture = (sw_tiles_spec){.count = count,
                               .columns = COLUMNS,
                               .size = size,
                               .images = images,
                               .truths = labels,
                               .names = names,
                               .classes = sw_dataset_classes(dataset),
                               .panels = panels,
                               .panel_count = sizeof panels / sizeof *panels};
    return SW_OK;
}

static sw_status check_place(const char *path, const sw_data_config *data)
{
    static const char *const endings[] = {".png", NULL};
    sw_status status = SW_OK;
    sw_file_set read = {0};
    if (!sw_fs_exists(path)) return SW_OK;
    SW_TRY(sw_data_files_add(&read, data, SW_DATA_ALL));
    SW_TRY(sw_out_file_check(path, endings, &read));
done:
    sw_file_set_deinit(&read);
    return status;
}

sw_status sw_browse(int *drawn, const char *path, const sw_experiment *experiment, int epoch, int count)
{
    sw_status status = SW_OK;
    const sw_experiment *x = experiment;
    sw_dataset *dataset = NULL;
    sw_loader *loader = NULL;
    sw_arena arena = {0};
    sw_tiles_spec picture;
    char title[160];
    if (epoch < 1 || epoch > x->train.epochs)
        return sw_fail(SW_E_USAGE, "--epoch %d: the experiment has epochs 1 to %d", epoch, x->train.epochs);
    SW_TRY(check_place(path, &x->data));
    SW_TRY(sw_open_train_data(&dataset, x));
    const sw_loader_options options = sw_train_loading(x);
    SW_TRY(sw_loader_create(&loader, dataset, &options));
    sw_loader_start(loader, (uint32_t)epoch, 0);
    sw_batch batch;
    SW_TRY(sw_loader_next(loader, &batch));
    if (count < 0 || count > batch.count)
        SW_TRY(sw_fail(SW_E_USAGE, "--count %d: the first batch has %d images", count, batch.count));
    *drawn = count ? count : batch.count;
    SW_TRY(fill(&picture, &arena, &batch, dataset, *drawn));
    snprintf(title, sizeof title, "Epoch: %02d, first training batch (%d of %d images)", epoch, *drawn,
             batch.count);
    picture.title = title;
    SW_TRY(sw_tiles_draw(path, &picture));
done:
    sw_arena_deinit(&arena);
    sw_loader_destroy(loader);
    sw_dataset_destroy(dataset);
    return status;
}
