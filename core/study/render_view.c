#include "render_view.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/str.h"
#include "run/epoch_title.h"
#include "run/other_version.h"

/* ---- tiles ---- */

sw_status render_tiles_init(render_tiles *tiles, sw_arena *arena, int count, sw_size size, int channels)
{
    const size_t tile = sw_size_pixels(size) * (size_t)channels, n = (size_t)count;
    tiles->pixels = sw_arena_alloc(arena, n * tile);
    tiles->at = sw_arena_alloc(arena, n * sizeof *tiles->at);
    if (!tiles->pixels || !tiles->at) return SW_E_MEMORY;
    for (size_t i = 0; i < n; i++) tiles->at[i] = tiles->pixels + i * tile;
    return SW_OK;
}

/* Photographs are interpolated unless each pixel becomes a whole square. Class numbers can't be averaged. */
static sw_resize_kind kind_for(const render_view *view, int channels)
{
    const sw_size to = view->size, from = view->store.images.size;
    const bool whole = to.height % from.height == 0 && to.width == to.height / from.height * from.width;
    return channels == 3 && !whole ? SW_RESIZE_BILINEAR : SW_RESIZE_NEAREST;
}

/* Resizes the chosen ones of all images (H,W,channels) into tiles. */
static void fill_tiles(render_tiles *tiles, const render_view *view, uint8_t *all, int channels)
{
    const sw_size size = view->store.images.size;
    size_t from = sw_size_pixels(size) * (size_t)channels, to = sw_size_pixels(view->size) * (size_t)channels;
    for (int i = 0; i < view->count; i++) {
        sw_image image = {.pixels = all + (size_t)view->chosen[i] * from,
                          .width = size.width,
                          .height = size.height,
                          .channels = channels};
        sw_image_resize(tiles->pixels + (size_t)i * to, view->size, &image, kind_for(view, channels));
    }
}

/* ---- opening ---- */

static sw_status read_table(sw_epoch_table *table, const char *run)
{
    bool there = false;
    char *path = sw_fs_join(run, "metrics.jsonl");
    sw_status status = path ? sw_fs_find(&there, path) : SW_E_MEMORY;
    if (status == SW_OK && there) status = sw_epoch_table_read(table, path);
    free(path);
    return status;
}

sw_status render_view_open(render_view *view, const char *run)
{
    *view = (render_view){.epoch = -1};
    sw_status status = sw_masks_open(&view->store, run);
    if (status == SW_OK && view->store.epoch_count == 0)
        status = sw_fail(SW_E_USAGE, "%s has no epoch in masks/ yet: nothing was predicted so far", run);
    if (status == SW_OK) status = read_table(&view->table, run);
    if (status == SW_OK) sw_run_warn_of_version(run, NULL, "", sw_str_text(&view->table.unknown));
    if (status != SW_OK) render_view_close(view);
    return status;
}

void render_view_close(render_view *view)
{
    sw_masks_deinit(&view->store);
    sw_epoch_table_deinit(&view->table);
    *view = (render_view){0};
}

/* ---- choosing images ---- */

static sw_status number_of(int *out, const sw_masks *store, const char *word)
{
    const sw_mask_images *g = &store->images;
    if (word[0] != '\0' && word[strspn(word, "0123456789")] == '\0') {
        long number = strtol(word, NULL, 10);
        if (number < 1 || number > g->count)
            return sw_fail(SW_E_USAGE, "--images: there is no image %s: %s has 1 to %d", word, store->run,
                           g->count);
        *out = (int)number - 1;
        return SW_OK;
    }
    for (*out = 0; *out < g->count; (*out)++)
        if (strcmp(g->names[*out], word) == 0) return SW_OK;
    return sw_fail(SW_E_USAGE,
                   "--images: '%s' is neither a number nor the name of one of the %d images of %s", word,
                   g->count, store->run);
}

static sw_status choose_word(int *chosen, int *count, const sw_masks *store, const char *word)
{
    int number = 0;
    SW_ENSURE(number_of(&number, store, word));
    for (int i = 0; i < *count; i++)
        if (chosen[i] == number) return sw_fail(SW_E_USAGE, "--images: '%s' stands there twice", word);
    chosen[(*count)++] = number;
    return SW_OK;
}

sw_status render_choose(int **out, int *count, sw_arena *arena, const sw_masks *store, const char *text)
{
    int *chosen = *out = sw_arena_alloc(arena, (size_t)store->images.count * sizeof *chosen);
    char *words = text ? sw_arena_strdup(arena, text) : NULL;
    *count = 0;
    if (!chosen || (text && !words)) return SW_E_MEMORY;
    for (char *word = words, *next = NULL; word; word = next) {
        next = strchr(word, ',');
        if (next) *next++ = '\0';
        SW_ENSURE(choose_word(chosen, count, store, word));
    }
    if (!text)
        for (; *count < store->images.count; (*count)++) chosen[*count] = *count;
    return SW_OK;
}

/* The size of the same aspect ratio whose longer side is that. */
static sw_size with_longer_side(sw_size size, int longer)
{
    const int shorter =
        (2 * sw_size_shorter(size) * longer + sw_size_longer(size)) / (2 * sw_size_longer(size));
    const int other = shorter > 0 ? shorter : 1;
    return size.height > size.width ? (sw_size){longer, other} : (sw_size){other, longer};
}

sw_status render_view_take(render_view *view, sw_arena *arena, const int *chosen, int count, int size_px)
{
    const sw_mask_images *g = &view->store.images;
    const size_t all = (size_t)g->count * sw_size_pixels(g->size);
    view->chosen = chosen;
    view->count = count;
    view->resized = size_px > 0;
    view->size = size_px > 0 ? with_longer_side(g->size, size_px) : g->size;
    SW_ENSURE(render_tiles_init(&view->inputs, arena, count, view->size, 3));
    SW_ENSURE(render_tiles_init(&view->truths, arena, count, view->size, 1));
    SW_ENSURE(render_tiles_init(&view->predictions, arena, count, view->size, 1));
    SW_ENSURE(render_tiles_init(&view->confidences, arena, count, view->size, 1));
    view->labels = sw_arena_alloc(arena, all);
    view->certainties = sw_arena_alloc(arena, all);
    if (!view->labels || !view->certainties) return SW_E_MEMORY;
    fill_tiles(&view->inputs, view, view->store.input_pixels, 3);
    fill_tiles(&view->truths, view, view->store.truth_pixels, 1);
    return SW_OK;
}

/* ---- epochs ---- */

static int shown_epoch(const sw_masks *store, int epoch)
{
    int shown = store->epochs[0];
    for (int i = 0; i < store->epoch_count && store->epochs[i] <= epoch; i++) shown = store->epochs[i];
    return shown;
}

static void make_title(render_view *view)
{
    const sw_epoch_record *row = NULL;
    for (size_t i = 0; i < view->table.count; i++)
        if (view->table.rows[i].epoch == view->epoch) row = &view->table.rows[i];
    sw_epoch_title(view->title, sizeof view->title, view->epoch, &view->table.columns, row);
}

sw_status render_view_go(render_view *view, int epoch, bool confidences)
{
    int shown = shown_epoch(&view->store, epoch);
    if (shown == view->epoch) return SW_OK;
    SW_ENSURE(sw_masks_read(&view->store, shown, view->labels, confidences ? view->certainties : NULL));
    fill_tiles(&view->predictions, view, view->labels, 1);
    if (confidences) fill_tiles(&view->confidences, view, view->certainties, 1);
    view->epoch = shown;
    make_title(view);
    return SW_OK;
}
