#include "data/stats.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "base/tally.h"
#include "data/description.h"
#include "pair.h"
#include "range.h"
#include "stats_items.h"

/* What the threads share. The sums are of whole numbers: their order does not matter. */
typedef struct stats_job {
    sw_stats *stats;
    const sw_data_config *data;
    const mask_coding *coding;
    sw_tally *tally;
    pthread_mutex_t lock; /* guards the sums of the splits */
} stats_job;

/* ---- looking at each ---- */

/* Counts labels as the network would see them, without the padding around the picture. */
static sw_status count_labels(uint64_t counts[256], const sw_image *labels, const sw_data_config *data)
{
    const size_t pixels = sw_size_pixels(data->size);
    uint8_t *resized = malloc(pixels);
    if (!resized) return sw_fail_alloc("a resized mask", pixels);
    const sw_fit fit = sw_fit_find(data->fit, (sw_size){labels->height, labels->width}, data->size);
    sw_fit_apply(resized, &fit, labels, SW_RESIZE_NEAREST, SW_NO_CLASS);
    for (size_t i = 0; i < pixels; i++) counts[resized[i]]++;
    counts[SW_NO_CLASS] -= pixels - (size_t)fit.place.width * (size_t)fit.place.height;
    free(resized);
    return SW_OK;
}

static void classify(stats_item *item, const uint64_t counts[256], const sw_classes *classes)
{
    uint64_t all = 0;
    for (int c = 0; c < classes->count; c++) all += counts[c];
    item->all_ignored = all == 0;
    item->all_background = all > 0 && classes->background >= 0 && counts[classes->background] == all;
}

static void add_to_splits(stats_job *job, const stats_item *item, const uint64_t counts[256])
{
    pthread_mutex_lock(&job->lock);
    for (unsigned s = 0; s < SW_SPLITS; s++) {
        sw_stats_split *split = &job->stats->splits[s];
        if (!(item->splits >> s & 1)) continue;
        split->usable++;
        split->all_background += item->all_background;
        split->all_ignored += item->all_ignored;
        for (int label = 0; label < 256; label++) {
            split->pixels[label] += counts[label];
            split->images[label] += counts[label] > 0;
        }
    }
    pthread_mutex_unlock(&job->lock);
}

static sw_status read_listed(stats_item *item, sw_str *text, stats_job *job)
{
    sw_image image = {0}, labels = {0};
    uint64_t counts[256] = {0};
    unsigned split = 0;
    while (!(item->splits >> split & 1)) split++;
    sw_status status =
        pair_read(&image, &labels, text, &job->stats->store->lists[split], item->pair, job->coding, 1);
    if (status == SW_OK) status = count_labels(counts, &labels, job->data);
    if (status == SW_OK) {
        item->usable = true;
        item->width_px = image.width;
        item->height_px = image.height;
        classify(item, counts, job->stats->classes);
        add_to_splits(job, item, counts);
    }
    sw_image_deinit(&image);
    sw_image_deinit(&labels);
    return status;
}

/* The message without the folder it begins with: the reader knows that. */
static const char *shorten(const char *message, const char *root)
{
    size_t length = strlen(root);
    bool begins = strncmp(message, root, length) == 0 && message[length] == '/';
    return begins ? message + length + 1 : message;
}

static sw_status look_at(void *user, int index)
{
    stats_job *job = user;
    stats_item *item = &job->stats->store->items[index];
    sw_str text = {0};
    sw_image image = {0}; /* of a file that no list names, which is only decoded */
    sw_status status =
        item->splits ? read_listed(item, &text, job) : sw_image_read_rgb_noted(&image, &text, item->path);
    sw_image_deinit(&image);
    if (status == SW_E_IO || status == SW_E_DATA) {
        sw_str_deinit(&text);
        sw_str_append(&text, shorten(sw_error_message(), job->data->root));
        status = SW_OK;
    }
    if (status == SW_OK && text.length) status = sw_str_take(&item->text, &text);
    sw_str_deinit(&text);
    sw_tally_add(job->tally, 1);
    return status;
}

/* ---- adding up ---- */

static sw_status sum_up_sizes(sw_stats *out)
{
    const struct sw_stats_store *store = out->store;
    int *values = malloc(2 * (size_t)store->item_count * sizeof *values), count = 0;
    if (!values) return sw_fail_alloc("picture sizes", 2 * (size_t)store->item_count * sizeof *values);
    int *heights = values + store->item_count;
    for (int i = 0; i < store->item_count; i++) {
        if (!store->items[i].usable) continue;
        values[count] = store->items[i].width_px;
        heights[count++] = store->items[i].height_px;
    }
    out->width_px = range_of(values, count);
    out->height_px = range_of(heights, count);
    free(values);
    return SW_OK;
}

sw_status sw_stats_collect(sw_stats *out, const sw_data_config *data, int threads,
                           const sw_progress_output *progress)
{
    sw_status status = SW_OK;
    mask_coding coding = {0};
    stats_job job = {.stats = out, .data = data, .coding = &coding, .lock = PTHREAD_MUTEX_INITIALIZER};
    *out = (sw_stats){.size = data->size, .classes = sw_data_classes(data)};
    out->store = calloc(1, sizeof *out->store);
    if (!out->store) return sw_fail_alloc("file statistics", sizeof *out->store);
    SW_TRY(stats_list(out, data));
    SW_TRY(stats_add_unlisted(out));
    const int listed = out->store->listed_count, all = out->store->item_count;
    SW_TRY(stats_add_orphans(out, data));
    SW_TRY(mask_coding_init(&coding, data));
    const int looked_at = all - listed <= listed ? all : listed;
    const sw_tally_plan tally = {.what = "reading", .unit = "img", .total = (uint64_t)looked_at};
    SW_TRY(sw_tally_create(&job.tally, progress, &tally));
    SW_TRY(sw_parallel_run(looked_at, threads, look_at, &job));
    SW_TRY(sum_up_sizes(out));
    SW_TRY(stats_remark(out));
done:
    sw_tally_destroy(job.tally);
    mask_coding_deinit(&coding);
    if (status != SW_OK) sw_stats_deinit(out);
    return status;
}

void sw_stats_deinit(sw_stats *stats)
{
    struct sw_stats_store *store = stats->store;
    if (store) {
        for (int i = 0; i < store->item_count; i++) free(store->items[i].text);
        for (int s = 0; s < SW_SPLITS; s++) pair_list_deinit(&store->lists[s]);
        sw_arena_deinit(&store->arena);
        free(store->items);
        free(store);
    }
    free(stats->remarks);
    *stats = (sw_stats){0};
}

double sw_stats_share(const sw_stats_split *split, int c)
{
    uint64_t all = 0;
    for (int label = 0; label < SW_NO_CLASS; label++) all += split->pixels[label];
    return all ? (double)split->pixels[c] / (double)all : 0;
}

double sw_stats_ignored_share(const sw_stats_split *split)
{
    uint64_t all = 0;
    for (int label = 0; label <= SW_NO_CLASS; label++) all += split->pixels[label];
    return all ? (double)split->pixels[SW_NO_CLASS] / (double)all : 0;
}
