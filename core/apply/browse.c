#include "apply/browse.h"

#include <math.h>
#include <stdio.h>

#include "base/arena.h"
#include "draw/tiles.h"
#include "setup/open_data.h"

enum { COLUMNS = 8 };

typedef struct page {
    const uint8_t **images, **labels;
    const char **names;
    sw_arena arena; /* holds the arrays and the pixels of the images */
} page;

/* Takes `count` images of the batch, which the page's labels and names go on pointing to. */
static sw_status take(page *p, const sw_batch *batch, const sw_dataset *dataset, int count)
{
    size_t side = (size_t)sw_dataset_size_px(dataset), tile = side * side * 3, n = (size_t)count;
    p->images = sw_arena_alloc(&p->arena, n * sizeof *p->images);
    p->labels = sw_arena_alloc(&p->arena, n * sizeof *p->labels);
    p->names = sw_arena_alloc(&p->arena, n * sizeof *p->names);
    uint8_t *pixels = sw_arena_alloc(&p->arena, n * tile);
    if (!p->images || !p->labels || !p->names || !pixels) return SW_E_MEMORY;
    for (size_t i = 0; i < n * tile; i++) pixels[i] = (uint8_t)lroundf(255 * batch->images[i]);
    for (size_t i = 0; i < n; i++) {
        p->images[i] = pixels + i * tile;
        p->labels[i] = batch->labels + i * side * side;
        p->names[i] = sw_dataset_name(dataset, (int)batch->indices[i]);
    }
    return SW_OK;
}

static sw_status draw(const char *path, const page *p, const sw_classes *classes, int side_px, int count,
                      const char *title)
{
    static const sw_tiles_panel panels[] = {SW_TILES_INPUTS, SW_TILES_TRUTH};
    const sw_tiles_spec spec = {.title = title,
                                .count = count,
                                .columns = count < COLUMNS ? count : COLUMNS,
                                .size_px = side_px,
                                .images = p->images,
                                .truths = p->labels,
                                .names = p->names,
                                .classes = classes,
                                .panels = panels,
                                .panel_count = sizeof panels / sizeof *panels};
    return sw_tiles_draw(path, &spec);
}

sw_status sw_browse(int *drawn, const char *path, const sw_experiment *experiment, int epoch, int count)
{
    sw_status status = SW_OK;
    const sw_experiment *x = experiment;
    sw_dataset *dataset = NULL;
    sw_loader *loader = NULL;
    page p = {0};
    char title[160];
    if (epoch < 1 || epoch > x->train.epochs)
        return sw_fail(SW_E_USAGE, "--epoch %d: the experiment has epochs 1 to %d", epoch, x->train.epochs);
    SW_TRY(sw_open_train_data(&dataset, &x->data));
    const sw_loader_options options = sw_train_loading(x);
    SW_TRY(sw_loader_create(&loader, dataset, &options));
    sw_loader_start(loader, (uint32_t)epoch, 0);
    sw_batch batch;
    sw_loader_next(loader, &batch);
    if (count < 0 || count > batch.count)
        SW_TRY(sw_fail(SW_E_USAGE, "--count %d: the first batch has %d images", count, batch.count));
    *drawn = count ? count : batch.count;
    SW_TRY(take(&p, &batch, dataset, *drawn));
    snprintf(title, sizeof title, "Epoch: %02d, first training batch (%d of %d images)", epoch, *drawn,
             batch.count);
    SW_TRY(draw(path, &p, sw_dataset_classes(dataset), sw_dataset_size_px(dataset), *drawn, title));
done:
    sw_arena_deinit(&p.arena);
    sw_loader_destroy(loader);
    sw_dataset_destroy(dataset);
    return status;
}
