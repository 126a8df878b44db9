#include "guess_pairs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "guess_suffix.h"
#include "guess_words.h"

/* Of many folders of pictures some are looked at: the pair that is made of them covers the others. */
enum { MOST_PICTURE_SETS = 64, STEMS = 16 };

static const double least_likeness = 0.5;

/* ---- how well a set of masks goes with a set of pictures ---- */

static bool is_same_folder(const scan_set *a, const scan_set *b)
{
    return strcmp(a->folder, b->folder) == 0;
}

/* How many of up to STEMS pictures have a mask, in tenths. */
static int matched_tenths(const scan_set *pictures, const scan_set *masks, const char *mask_suffix)
{
    const sw_picture_files *files = &pictures->files.files;
    const int step = (files->count + STEMS - 1) / STEMS;
    int matched = 0, tried = 0;
    for (int i = 0; i < files->count; i += step) {
        char stem[1024];
        const int length = sw_stem_length(files->paths[i]);
        if (length >= (int)sizeof stem) continue;
        snprintf(stem, sizeof stem, "%.*s", length, files->paths[i]);
        const bool png = strcasecmp(files->paths[i] + length, ".png") == 0;
        tried++;
        matched += stem_find_mask(&masks->files, stem, !png || !is_same_folder(pictures, masks),
                                  mask_suffix) != NULL;
    }
    return matched ? (10 * matched + tried - 1) / tried : 0;
}

/* Parts that two paths share, from their beginnings and from their ends. */
static int shared_parts(const char *a, const char *b)
{
    int shared = 0;
    const size_t length_a = strlen(a), length_b = strlen(b);
    for (size_t i = 0; a[i] && a[i] == b[i]; i++) shared += a[i] == '/';
    for (size_t i = 1; i <= length_a && i <= length_b && a[length_a - i] == b[length_b - i]; i++) {
        const bool begins_a = i == length_a || a[length_a - i - 1] == '/';
        shared += begins_a && (i == length_b || b[length_b - i - 1] == '/');
    }
    return shared;
}

static bool same_split(const scan_set *a, const scan_set *b)
{
    sw_split split_a = SW_SPLITS, split_b = SW_SPLITS;
    const bool has_a = words_split(&split_a, a->folder), has_b = words_split(&split_b, b->folder);
    return has_a == has_b && (!has_a || split_a == split_b);
}

static double role_of(const scan_set *set)
{
    return set->likeness + 0.3 * words_role(set->folder);
}

/* 0: they do not go together. */
static int fitness(const scan_set *pictures, const scan_set *masks, const char *mask_suffix)
{
    if (pictures == masks || !masks->has_png || masks->likeness < least_likeness) return 0;
    if (!is_same_folder(pictures, masks) && role_of(masks) <= role_of(pictures)) return 0;
    const int tenths = matched_tenths(pictures, masks, mask_suffix);
    if (tenths == 0) return 0;
    const int shared = shared_parts(pictures->folder, masks->folder);
    return 1000 * tenths + 500 * same_split(pictures, masks) + 20 * (shared < 20 ? shared : 20) +
           4 * words_role(masks->folder) + 2 * masks->one_channel + (masks->likeness > 0.9);
}

static const scan_set *best_masks(const folder_scan *scan, const scan_set *pictures, const char *mask_suffix)
{
    const scan_set *best = NULL;
    int most = 0;
    for (int m = 0; m < scan->count; m++) {
        const int fit = fitness(pictures, &scan->sets[m], mask_suffix);
        if (fit <= most) continue;
        most = fit;
        best = &scan->sets[m];
    }
    return best;
}

/* ---- pairs that lie beside each other ---- */

static bool is_root(const char *folder)
{
    return strcmp(folder, ".") == 0;
}

/* Where the last part of a path begins. */
static size_t last_part(const char *path, size_t length)
{
    while (length > 0 && path[length - 1] != '/') length--;
    return length;
}

/* Shortens both paths by the parts at their ends that are the same and name no split. */
static void strip_shared_ends(const char *images, size_t *images_length, const char *masks,
                              size_t *masks_length)
{
    while (*images_length > 0 && *masks_length > 0 && !is_root(images) && !is_root(masks)) {
        const size_t i = last_part(images, *images_length), m = last_part(masks, *masks_length);
        const size_t length = *images_length - i;
        if (length != *masks_length - m || memcmp(images + i, masks + m, length) != 0 ||
            words_part_is_split(images + i, length))
            return;
        *images_length = i ? i - 1 : 0;
        *masks_length = m ? m - 1 : 0;
    }
}

static bool same_kind(const folder_pair *a, const char *images, const char *masks)
{
    size_t a_images = strlen(a->images), a_masks = strlen(a->masks);
    size_t b_images = strlen(images), b_masks = strlen(masks);
    strip_shared_ends(a->images, &a_images, a->masks, &a_masks);
    strip_shared_ends(images, &b_images, masks, &b_masks);
    return a_images == b_images && a_masks == b_masks && strncmp(a->images, images, a_images) == 0 &&
           strncmp(a->masks, masks, a_masks) == 0 && is_root(a->images) == is_root(images);
}

/* The folder that holds both. NULL: memory is out. */
static const char *common_folder(sw_arena *arena, const char *a, const char *b)
{
    size_t shared = 0, i = 0;
    for (; a[i] && a[i] == b[i]; i++)
        if (a[i] == '/') shared = i;
    if ((a[i] == '\0' || a[i] == '/') && (b[i] == '\0' || b[i] == '/')) shared = i;
    return shared ? sw_arena_printf(arena, "%.*s", (int)shared, a) : ".";
}

static sw_status add_pair(folder_pairs *out, const char *images, const char *masks, int pictures)
{
    for (int i = 0; i < out->count; i++) {
        folder_pair *pair = &out->list[i];
        if (!same_kind(pair, images, masks)) continue;
        pair->images = common_folder(&out->arena, pair->images, images);
        pair->masks = common_folder(&out->arena, pair->masks, masks);
        pair->pictures += pictures;
        return pair->images && pair->masks ? SW_OK : SW_E_MEMORY;
    }
    SW_ENSURE(SW_ARRAY_GROW(out->list, out->count, "pairs of folders"));
    folder_pair *pair = &out->list[out->count++];
    *pair = (folder_pair){.images = sw_arena_strdup(&out->arena, images),
                          .masks = sw_arena_strdup(&out->arena, masks),
                          .pictures = pictures};
    return pair->images && pair->masks ? SW_OK : SW_E_MEMORY;
}

/* `like_masks`: pairs pictures too that look like masks, as drawings and scans do. */
static sw_status pair_sets(folder_pairs *out, const folder_scan *scan, bool like_masks)
{
    /* odd: folders of pictures and of masks may alternate */
    const int step = (scan->count + MOST_PICTURE_SETS - 1) / MOST_PICTURE_SETS | 1;
    for (int s = 0; s < scan->count; s += step) {
        const scan_set *pictures = &scan->sets[s];
        if (!like_masks && pictures->likeness >= least_likeness) continue;
        const scan_set *masks = best_masks(scan, pictures, out->mask_suffix);
        if (masks) SW_ENSURE(add_pair(out, pictures->folder, masks->folder, pictures->files.files.count));
    }
    return SW_OK;
}

/* ---- masks whose ending is not known ---- */

/* Finds the ending that the masks of two sets, or of one folder, have in common. */
static sw_status pair_by_suffix(folder_pairs *out, const folder_scan *scan)
{
    for (int s = 0; s < scan->count; s++)
        for (int m = 0; m < scan->count; m++) {
            const scan_set *pictures = &scan->sets[s], *masks = &scan->sets[m];
            if (!masks->has_png || masks->likeness < (s == m ? 0.25 : least_likeness)) continue;
            if (s != m && role_of(masks) <= role_of(pictures)) continue;
            const char *suffix = suffix_find(&out->arena, &pictures->files, &masks->files);
            if (!suffix) continue;
            if (!*suffix) return SW_E_MEMORY;
            if (out->mask_suffix && strcmp(suffix, out->mask_suffix) != 0) continue;
            out->mask_suffix = suffix;
            const int count = pictures->files.files.count;
            SW_ENSURE(add_pair(out, pictures->folder, masks->folder, s == m ? count / 2 : count));
            break;
        }
    return SW_OK;
}

static int by_images(const void *a, const void *b)
{
    return strcmp(((const folder_pair *)a)->images, ((const folder_pair *)b)->images);
}

sw_status folder_pairs_find(folder_pairs *out, const folder_scan *scan)
{
    sw_status status = SW_OK;
    *out = (folder_pairs){0};
    if (scan->count == 0) return SW_OK;
    SW_TRY(pair_sets(out, scan, false));
    if (out->count == 0) SW_TRY(pair_sets(out, scan, true));
    if (out->count == 0) SW_TRY(pair_by_suffix(out, scan));
    for (int i = 0; i < out->count; i++) {
        folder_pair *pair = &out->list[i];
        pair->has_split = words_split(&pair->split, pair->images) || words_split(&pair->split, pair->masks);
    }
    if (out->count) qsort(out->list, (size_t)out->count, sizeof *out->list, by_images);
done:
    if (status != SW_OK) folder_pairs_deinit(out);
    return status;
}

void folder_pairs_deinit(folder_pairs *pairs)
{
    free(pairs->list);
    sw_arena_deinit(&pairs->arena);
    *pairs = (folder_pairs){0};
}
