#include "split.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "data/description.h"
#include "layout.h"

/* Whether validation images are some of the training list. */
static bool splits_training(const sw_data_config *data)
{
    return data->holdout > 0 || !*layout_split_name(data, SW_SPLIT_VAL);
}

/* A number in 0..1 that depends on the name alone, so that a picture stays on its side when others come and
 * go. */
static double place_of(const char *name)
{
    return (double)(XXH3_64bits(name, strlen(name)) >> 11) * 0x1p-53;
}

/* The picture that validates also where a share is too small for any. */
static int first_place(const pair_list *list)
{
    int first = 0;
    for (int i = 1; i < list->count; i++)
        if (place_of(list->pairs[i].name) < place_of(list->pairs[first].name)) first = i;
    return first;
}

/* Keeps the pairs of a training list that belong to the split. */
static sw_status divide(pair_list *list, const sw_data_config *data, sw_split split)
{
    const int listed = list->count, first = first_place(list);
    list->count = 0;
    for (int i = 0; i < listed; i++) {
        const bool held = data->holdout > 0
                              ? (i + 1) % data->holdout == 0
                              : i == first || place_of(list->pairs[i].name) < (double)data->val_share;
        if (held == (split == SW_SPLIT_VAL)) list->pairs[list->count++] = list->pairs[i];
    }
    if (list->count > 0) return SW_OK;
    if (data->holdout > 0)
        return sw_fail(SW_E_CONFIG, "%s: data.holdout %d leaves none of its %d names", list->source,
                       data->holdout, listed);
    return sw_fail(SW_E_CONFIG, "%s: data.val_share %g leaves no %s image of %d; change it, or list them",
                   list->source, (double)data->val_share, split == SW_SPLIT_VAL ? "validation" : "training",
                   listed);
}

typedef struct ranked {
    uint64_t rank;
    int place;
} ranked;

static int by_rank(const void *a, const void *b)
{
    const ranked *left = a, *right = b;
    if (left->rank != right->rank) return left->rank < right->rank ? -1 : 1;
    return (left->place > right->place) - (left->place < right->place);
}

static int by_place(const void *a, const void *b)
{
    return ((const ranked *)a)->place - ((const ranked *)b)->place;
}

/* Keeps a sample in the order of the list. A name's rank depends on the seed and on itself, so that a larger
 * sample contains a smaller one. */
static sw_status sample(pair_list *list, int limit, int seed)
{
    if (limit == 0 || limit >= list->count) return SW_OK;
    const size_t bytes = (size_t)list->count * sizeof(ranked);
    ranked *order = malloc(bytes);
    if (!order) return sw_fail_alloc("a sample of pictures", bytes);
    for (int i = 0; i < list->count; i++) {
        const char *name = list->pairs[i].name;
        order[i] = (ranked){XXH3_64bits_withSeed(name, strlen(name), (XXH64_hash_t)seed), i};
    }
    qsort(order, (size_t)list->count, sizeof *order, by_rank);
    qsort(order, (size_t)limit, sizeof *order, by_place);
    for (int i = 0; i < limit; i++) list->pairs[i] = list->pairs[order[i].place];
    list->count = limit;
    free(order);
    return SW_OK;
}

static sw_status not_given(const sw_data_config *data, sw_split split)
{
    if (split == SW_SPLIT_VAL)
        return sw_fail(SW_E_CONFIG,
                       "there are no validation images: set data.val_share (0.1 takes a tenth of the "
                       "training images), data.holdout, or name them");
    return sw_fail(SW_E_CONFIG, "there are no %s images: set data.%s%s",
                   split == SW_SPLIT_TEST ? "test" : "training", sw_data_split_name(split),
                   data->layout == SW_LAYOUT_FOLDERS ? ": {images: DIR, masks: DIR}" : "_split");
}

sw_status split_list(pair_list *out, const sw_data_config *data, sw_split split)
{
    sw_status status = SW_OK;
    *out = (pair_list){0};
    SW_TRY(layout_check_root(data));
    const bool divided =
        split != SW_SPLIT_TEST && splits_training(data) && (data->holdout > 0 || data->val_share > 0);
    const sw_split listed = divided ? SW_SPLIT_TRAIN : split;
    if (!*layout_split_name(data, listed)) SW_TRY(not_given(data, listed));
    SW_TRY(layout_of(data)->list(out, data, listed, layout_split_name(data, listed)));
    if (out->count == 0) SW_TRY(sw_fail(SW_E_DATA, "%s: no name in it", out->source));
    SW_TRY(pair_list_refuse_duplicates(out));
    if (divided) SW_TRY(divide(out, data, split));
    SW_TRY(sample(out, data->limit[split], data->limit_seed));
done:
    if (status != SW_OK) pair_list_deinit(out);
    return status;
}
