/* What a run's gallery is chosen by, during a validation. Its files are written by gallery_write.c. */
#include "gallery.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/median.h"
#include "run/tile_sheet.h"

/* As sw_batch_results has it: round(255 * 0.9). */
enum { CONFIDENT = 230 };

static size_t pixels_of(const sw_dataset *dataset)
{
    return sw_size_pixels(sw_dataset_size(dataset));
}

/* ---- the border's usual share ---- */

/* 0 where no class is the border. */
static double border_share(const uint8_t *labels, size_t pixels, const sw_classes *classes)
{
    size_t border = 0;
    for (size_t i = 0; i < pixels; i++) border += labels[i] == classes->border;
    return (double)border / (double)pixels;
}

static sw_status find_border_median(sw_gallery *g)
{
    size_t count = (size_t)sw_dataset_count(g->dataset), pixels = pixels_of(g->dataset);
    const sw_classes *classes = sw_dataset_classes(g->dataset);
    if (classes->border < 0) return SW_OK;
    sw_status status = SW_OK;
    double *shares = malloc(count * sizeof *shares);
    uint8_t *labels = malloc(pixels);
    if (!shares || !labels)
        SW_TRY(sw_fail_alloc("the border shares of the images", count * sizeof *shares + pixels));
    for (size_t i = 0; i < count; i++) {
        SW_TRY(sw_dataset_read(NULL, labels, g->dataset, (int)i));
        shares[i] = border_share(labels, pixels, classes);
    }
    g->border_median = sw_median(shares, count);
done:
    free(shares);
    free(labels);
    return status;
}

/* ---- making ---- */

/* The most images a list may have for the sheet of all lists to fit; 0: not even one row does. */
static int length_for(sw_size size)
{
    sw_tile_sheet sheet = {.columns = SW_GALLERY_TILES, .size = size};
    for (int length = SW_GALLERY_LENGTH; length > 0; length--) {
        sheet.count = SW_GALLERY_TILES * SW_GALLERY_LISTS * length;
        if (sw_tile_sheet_fits(&sheet)) return length;
    }
    return 0;
}

sw_status sw_gallery_init(sw_gallery *g, const sw_dataset *dataset)
{
    sw_status status = SW_OK;
    size_t count = (size_t)sw_dataset_count(dataset), pixels = pixels_of(dataset);
    *g = (sw_gallery){.dataset = dataset, .length = length_for(sw_dataset_size(dataset))};
    size_t map_bytes = (size_t)(SW_GALLERY_LISTS * 2 * g->length) * pixels;
    g->figures = calloc(count, sizeof *g->figures);
    g->maps = malloc(map_bytes + 1);
    if (!g->figures || !g->maps) SW_TRY(sw_fail_alloc("the gallery of validation images", map_bytes));
    uint8_t *at = g->maps;
    for (int l = 0; l < SW_GALLERY_LISTS; l++)
        for (int i = 0; i < g->length; i++, at += 2 * pixels) {
            g->slots[l][i].prediction = at;
            g->slots[l][i].confidence = at + pixels;
        }
    SW_TRY(find_border_median(g));
done:
    if (status != SW_OK) sw_gallery_deinit(g);
    return status;
}

void sw_gallery_deinit(sw_gallery *g)
{
    free(g->figures);
    free(g->maps);
    *g = (sw_gallery){0};
}

/* ---- choosing ---- */

void sw_gallery_begin(sw_gallery *g, const sw_comm *comm)
{
    /* with several processes, what another one has is 0 here until it is united */
    const double nothing = sw_comm_size(comm) > 1 ? 0.0 : (double)NAN;
    memset(g->used, 0, sizeof g->used);
    for (int i = 0; i < sw_dataset_count(g->dataset); i++)
        for (int f = 0; f < SW_GALLERY_FIGURES; f++) g->figures[i].values[f] = nothing;
}

/* An image that may get into a list, with its maps (S,S). */
typedef struct candidate {
    int image;
    const uint8_t *prediction, *confidence;
} candidate;

/* Keeps the list in order, highest score first; among equal scores, the image that came first. */
static void offer(sw_gallery *g, sw_gallery_list list, double score, const candidate *e)
{
    sw_gallery_slot *slots = g->slots[list];
    int used = g->used[list];
    size_t pixels = pixels_of(g->dataset);
    if (isnan(score) || g->length == 0 || (used == g->length && score <= slots[used - 1].score)) return;
    int at = used < g->length ? g->used[list]++ : used - 1;
    sw_gallery_slot taken = slots[at]; /* for its two maps, which are written anew */
    for (; at > 0 && slots[at - 1].score < score; at--) slots[at] = slots[at - 1];
    taken.image = e->image;
    taken.score = score;
    memcpy(taken.prediction, e->prediction, pixels);
    memcpy(taken.confidence, e->confidence, pixels);
    slots[at] = taken;
}

static void look_at_maps(sw_gallery_figures *f, const sw_image_evaluation *e, const uint8_t *truth,
                         size_t pixels, const sw_classes *classes)
{
    uint64_t sure = 0;
    size_t wrong = 0;
    for (size_t i = 0; i < pixels; i++) {
        sure += e->confidence[i];
        const bool counts = truth[i] < classes->count && truth[i] != e->figures->confusion.ignored;
        wrong += counts && e->prediction[i] != truth[i] && e->confidence[i] >= CONFIDENT;
    }
    f->values[SW_GALLERY_CONFIDENCE] = (double)sure / 255.0 / (double)pixels;
    f->values[SW_GALLERY_CONFIDENT_ERROR] = (double)wrong / (double)pixels;
    f->values[SW_GALLERY_BORDER] = border_share(truth, pixels, classes);
}

void sw_gallery_take(void *gallery, const sw_image_evaluation *e)
{
    sw_gallery *g = gallery;
    assert(e->prediction && e->confidence);
    const sw_classes *classes = sw_dataset_classes(g->dataset);
    const candidate maps = {.image = e->image, .prediction = e->prediction, .confidence = e->confidence};
    const sw_measures measures = {.classes = classes, .clean = e->figures};
    const sw_metric *metrics[SW_MAX_CAPTIONS];
    const int count = sw_metrics_captioned(metrics, NULL, classes);
    sw_gallery_figures *f = &g->figures[e->image];
    for (int i = 0; i < SW_GALLERY_FIGURES; i++) f->values[i] = (double)NAN;
    for (int i = 0; i < count; i++)
        f->values[SW_GALLERY_SCORE + i] = sw_metric_value(metrics[i], &measures, -1);
    look_at_maps(f, e, e->truth, pixels_of(g->dataset), classes);
    offer(g, SW_GALLERY_WORST, 1 - f->values[SW_GALLERY_SCORE], &maps);
    offer(g, SW_GALLERY_UNCERTAIN, 1 - f->values[SW_GALLERY_CONFIDENCE], &maps);
    offer(g, SW_GALLERY_DOUBTFUL,
          f->values[SW_GALLERY_CONFIDENT_ERROR] + fmax(0, f->values[SW_GALLERY_BORDER] - g->border_median),
          &maps);
}

/* ---- several processes ---- */

/* An entry of a list of some process. */
typedef struct entry {
    int rank, at; /* whose it is, and its place there */
    int image;    /* -1: the list is shorter */
    double score;
} entry;

/* The order of a list: the highest score first, among equal ones the image that comes first. */
static int by_score(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    if (x->score != y->score) return x->score < y->score ? 1 : -1;
    return (x->image > y->image) - (x->image < y->image);
}

/* Collects the entries that all processes have in a list, in its order; returns how many there are. */
static sw_status gather_entries(entry *all, size_t *count, const sw_gallery *g, sw_gallery_list list,
                                sw_comm *comm)
{
    const size_t length = (size_t)g->length, ranks = (size_t)sw_comm_size(comm);
    entry own[SW_GALLERY_LENGTH] = {{0}};
    for (int i = 0; i < g->length; i++) {
        const sw_gallery_slot *slot = &g->slots[list][i];
        const bool used = i < g->used[list];
        own[i] = (entry){sw_comm_rank(comm), i, used ? slot->image : -1, used ? slot->score : 0};
    }
    SW_ENSURE(sw_comm_gather(comm, own, length * sizeof *own, all));
    *count = 0;
    for (size_t i = 0; i < ranks * length; i++)
        if (all[i].image >= 0) all[(*count)++] = all[i];
    qsort(all, *count, sizeof *all, by_score);
    return SW_OK;
}

/* Makes a list of the first entries of all, whose maps come from the processes that have them. */
static sw_status unite_list(sw_gallery *g, sw_gallery_list list, sw_comm *comm, entry *all, uint8_t *maps)
{
    const size_t pixels = pixels_of(g->dataset);
    sw_gallery_slot *slots = g->slots[list];
    size_t count;
    SW_ENSURE(gather_entries(all, &count, g, list, comm));
    if (count > (size_t)g->length) count = (size_t)g->length;
    memset(maps, 0, 2 * pixels * count);
    for (size_t i = 0; i < count; i++) {
        uint8_t *map = maps + 2 * pixels * i;
        if (all[i].rank == sw_comm_rank(comm)) {
            memcpy(map, slots[all[i].at].prediction, pixels);
            memcpy(map + pixels, slots[all[i].at].confidence, pixels);
        }
        SW_ENSURE(sw_comm_unite(comm, map, 2 * pixels));
    }
    for (size_t i = 0; i < count; i++) {
        slots[i].image = all[i].image;
        slots[i].score = all[i].score;
        memcpy(slots[i].prediction, maps + 2 * pixels * i, pixels);
        memcpy(slots[i].confidence, maps + 2 * pixels * i + pixels, pixels);
    }
    g->used[list] = (int)count;
    return SW_OK;
}

sw_status sw_gallery_unite(sw_gallery *g, sw_comm *comm)
{
    sw_status status = SW_OK;
    const size_t ranks = (size_t)sw_comm_size(comm), length = (size_t)g->length;
    const size_t bytes = 2 * length * pixels_of(g->dataset);
    if (ranks == 1) return SW_OK;
    entry *all = malloc((ranks * length + 1) * sizeof *all);
    uint8_t *maps = malloc(bytes + 1);
    if (!all || !maps) SW_TRY(sw_fail_alloc("the processes' galleries", bytes));
    SW_TRY(sw_comm_unite(comm, g->figures, (size_t)sw_dataset_count(g->dataset) * sizeof *g->figures));
    for (int l = 0; l < SW_GALLERY_LISTS; l++) SW_TRY(unite_list(g, (sw_gallery_list)l, comm, all, maps));
done:
    free(all);
    free(maps);
    return status;
}
