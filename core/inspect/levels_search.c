#include "levels_search.h"

#include <stdlib.h>

#include "base/log.h"

static sw_status look(level_channels *l, inspection *s, const sw_level *level)
{
    const sw_graph *graph = &s->probe.model.graph;
    void *values;
    *l = (level_channels){.node = &graph->nodes[level->node],
                          .value = level->value,
                          .shape = graph->values[level->value].shape};
    l->shape.n = 1;
    const size_t pixels = sw_shape_pixels(l->shape);
    sw_status status = inspection_read(&values, s, level->value);
    if (status == SW_OK) {
        l->count = sw_channels_strongest(l->channels, LEVEL_CHANNELS, values, l->shape);
        l->maps = malloc((size_t)l->count * pixels * sizeof *l->maps);
        if (!l->maps) status = sw_fail_alloc("maps of channels", (size_t)l->count * pixels * sizeof *l->maps);
    }
    for (int c = 0; c < l->count && status == SW_OK; c++) {
        sw_channel_copy(l->maps + (size_t)c * pixels, values, l->shape, l->channels[c].channel);
        for (int p = 0; p < LEVEL_PATCHES; p++) l->peaks[c][p].image = -1;
    }
    free(values);
    return status;
}

sw_status levels_look(level_channels *out, inspection *s)
{
    for (int i = 0; i < s->probe.levels.count; i++) SW_ENSURE(look(&out[i], s, &s->probe.levels.list[i]));
    return SW_OK;
}

void levels_free(level_channels *levels, int count)
{
    for (int i = 0; i < count; i++) free(levels[i].maps);
    free(levels);
}

/* --- validation ---------------------------------------------------------------------------------- */

/* Work memory for a batch. */
typedef struct search {
    inspection *s;
    level_channels *levels;
    uint8_t *picture;
    float *images, *values;
    int *numbers; /* of the batch's pictures in the data set */
} search;

static sw_status init(search *w)
{
    const size_t batch = (size_t)w->s->probe.batch, pixels = sw_size_pixels(w->s->size);
    size_t most = 0;
    for (int i = 0; i < w->s->probe.levels.count; i++)
        if (sw_shape_elems(w->levels[i].shape) > most) most = sw_shape_elems(w->levels[i].shape);
    w->picture = malloc(pixels * 3);
    w->images = malloc(batch * pixels * 3 * sizeof *w->images);
    w->values = malloc(batch * most * sizeof *w->values);
    w->numbers = malloc(batch * sizeof *w->numbers);
    return w->picture && w->images && w->values && w->numbers
               ? SW_OK
               : sw_fail_alloc("a search of the validation pictures",
                               batch * (pixels * 3 + most) * sizeof(float));
}

static sw_status search_batch(search *w, int n)
{
    SW_ENSURE(sw_probe_forward(&w->s->probe, w->images, n));
    for (int i = 0; i < w->s->probe.levels.count; i++) {
        level_channels *l = &w->levels[i];
        const size_t elems = sw_shape_elems(l->shape);
        SW_ENSURE(sw_probe_read(&w->s->probe, l->value, w->values, n));
        for (int image = 0; image < n; image++)
            for (int c = 0; c < l->count; c++)
                sw_peaks_add(l->peaks[c], LEVEL_PATCHES, w->values + (size_t)image * elems, l->shape,
                             l->channels[c].channel, w->numbers[image]);
    }
    return SW_OK;
}

static sw_status search_pictures(search *w, int count)
{
    const int all = sw_dataset_count(w->s->val), batch = w->s->probe.batch;
    const size_t values = sw_size_pixels(w->s->size) * 3;
    int filled = 0;
    for (int i = 0; i < count; i++) {
        const int number = (int)((int64_t)i * all / count);
        SW_ENSURE(sw_dataset_read(w->picture, NULL, w->s->val, number));
        inspection_to_image(w->s, w->images + (size_t)filled * values, w->picture);
        w->numbers[filled++] = number;
        if (filled < batch && i + 1 < count) continue;
        SW_ENSURE(search_batch(w, filled));
        filled = 0;
    }
    return SW_OK;
}

sw_status levels_search(level_channels *levels, inspection *s, int *searched)
{
    sw_status status = SW_OK;
    search w = {.s = s, .levels = levels};
    *searched = 0;
    if (!s->options->pictures) return SW_OK;
    const int all = sw_dataset_count(s->val), count = s->options->pictures < all ? s->options->pictures : all;
    sw_log(SW_LOG_INFO, "searching %d validation picture%s", count, count == 1 ? "" : "s");
    SW_TRY(init(&w));
    SW_TRY(search_pictures(&w, count));
    *searched = count;
done:
    free(w.picture);
    free(w.images);
    free(w.values);
    free(w.numbers);
    return status;
}
