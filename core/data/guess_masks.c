/* The second half of a guess: what the masks hold. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "data/description.h"
#include "guess_classes.h"
#include "guess_files.h"
#include "mask_census.h"
#include "orphans.h"
#include "range.h"
#include "split.h"

/* The masks of all splits, in their order. */
typedef struct mask_list {
    pair_list lists[SW_SPLITS];
    const data_pair **pairs;
    int count;
} mask_list;

static void mask_list_deinit(mask_list *masks)
{
    for (int s = 0; s < SW_SPLITS; s++) pair_list_deinit(&masks->lists[s]);
    free(masks->pairs);
}

static sw_status list_masks(mask_list *out, const sw_data_config *data)
{
    for (int s = 0; s < SW_SPLITS; s++) {
        pair_list *list = &out->lists[s];
        if (!sw_data_has_split(data, (sw_split)s)) continue;
        SW_ENSURE(split_list(list, data, (sw_split)s));
        for (int i = 0; i < list->count; i++) {
            if (!list->pairs[i].mask) continue;
            SW_ENSURE(SW_ARRAY_GROW(out->pairs, out->count, "a list of masks"));
            out->pairs[out->count++] = &list->pairs[i];
        }
    }
    return SW_OK;
}

/* Keeps `limit` of the masks, evenly. */
static void thin_out(mask_list *masks, int limit)
{
    for (int i = 0; i < limit; i++) masks->pairs[i] = masks->pairs[(int)((int64_t)i * masks->count / limit)];
    masks->count = limit;
}

/* Reads a few masks to see how large they are, and keeps as many as have about so many pixels. */
static sw_status limit_pixels(mask_list *masks, uint64_t most_pixels, int threads)
{
    enum { FEW = 16 };
    census_file files[FEW];
    const data_pair *few[FEW];
    uint64_t pixels = 0;
    if (most_pixels == 0 || masks->count <= FEW) return SW_OK;
    for (int i = 0; i < FEW; i++) few[i] = masks->pairs[(int)((int64_t)i * masks->count / FEW)];
    const sw_status status = census_read(files, few, FEW, 0, threads, NULL);
    for (int i = 0; i < FEW; i++) pixels += files[i].fault ? 0 : sw_size_pixels(files[i].size);
    census_deinit(files, FEW);
    if (status != SW_OK || pixels == 0) return status;
    const uint64_t limit = most_pixels / (pixels / FEW + 1);
    if (limit < (uint64_t)masks->count) thin_out(masks, limit < FEW ? FEW : (int)limit);
    return SW_OK;
}

/* ---- what the values are ---- */

typedef struct census_summary {
    bool has[CENSUS_COLOURS + 1]; /* by kind */
    bool numbers_differ;          /* two palettes show a number in two colours: their numbers mean nothing */
    bool all_grey;                /* the palettes show grey levels */
    bool levels_differ;           /* ... that are not their numbers */
    bool has_rgb[256];
    uint32_t rgb[256];        /* by number of a palette */
    const census_file *worst; /* the file with most values; NULL: none was read */
    int worst_place;
} census_summary;

static void summarise_palette(census_summary *s, const census_file *file)
{
    for (int v = 0; v < file->count; v++) {
        const census_value *value = &file->values[v];
        s->all_grey = s->all_grey && (value->rgb & 0xFF) * 0x010101u == value->rgb;
        s->levels_differ = s->levels_differ || (value->rgb & 0xFF) != (uint32_t)value->number;
        if (s->has_rgb[value->number] && s->rgb[value->number] != value->rgb) s->numbers_differ = true;
        s->has_rgb[value->number] = true;
        s->rgb[value->number] = value->rgb;
    }
}

static census_summary summarise(const census_file *files, int count)
{
    census_summary s = {.all_grey = true};
    for (int i = 0; i < count; i++) {
        if (files[i].fault) continue;
        s.has[files[i].kind] = true;
        if (files[i].kind == CENSUS_PALETTE) summarise_palette(&s, &files[i]);
        if (s.worst && files[i].count <= s.worst->count) continue;
        s.worst = &files[i];
        s.worst_place = i;
    }
    return s;
}

static sw_mask_kind choose_kind(const census_summary *s)
{
    const bool has_grey = s->has[CENSUS_GREY] || s->has[CENSUS_RGB_GREY];
    if (s->has[CENSUS_COLOURS]) return SW_MASKS_COLOUR;
    if (!s->has[CENSUS_PALETTE]) return SW_MASKS_INDEX;
    if (s->numbers_differ) return s->all_grey ? SW_MASKS_INDEX : SW_MASKS_COLOUR;
    if (!has_grey) return SW_MASKS_PALETTE;
    return s->all_grey && s->levels_differ ? SW_MASKS_INDEX : SW_MASKS_AUTO;
}

static unsigned code_of(const census_value *value, census_kind kind, sw_mask_kind masks)
{
    if (masks == SW_MASKS_COLOUR) return SW_MASK_IS_COLOUR | value->rgb;
    if (masks == SW_MASKS_INDEX && kind == CENSUS_PALETTE) return value->rgb & 0xFF;
    return (unsigned)value->number;
}

/* ---- adding up ---- */

/* The values are in the order of their codes. */
static sw_status find_value(sw_guess_value **out, sw_guess *guess, unsigned code)
{
    int low = 0, high = guess->value_count;
    while (low < high) {
        const int middle = (low + high) / 2;
        if (guess->values[middle].code < code)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == guess->value_count || guess->values[low].code != code) {
        SW_ENSURE(SW_ARRAY_GROW(guess->values, guess->value_count, "values of masks"));
        memmove(&guess->values[low + 1], &guess->values[low],
                (size_t)(guess->value_count - low) * sizeof *guess->values);
        guess->values[low] = (sw_guess_value){.code = code};
        guess->value_count++;
    }
    *out = &guess->values[low];
    return SW_OK;
}

static sw_status add_file(sw_guess *guess, const census_file *file)
{
    for (int v = 0; v < file->count; v++) {
        sw_guess_value *value = NULL;
        if (guess->value_count > CENSUS_MOST_VALUES) break; /* there are too many, whatever their number */
        SW_ENSURE(find_value(&value, guess, code_of(&file->values[v], file->kind, guess->data.masks)));
        value->pixels += file->values[v].pixels;
        value->images++;
    }
    guess->pixels += sw_size_pixels(file->size);
    guess->masks_read++;
    return SW_OK;
}

/* The colours in which palettes show their numbers, where they tell them apart. */
static void take_colours(sw_guess *guess, const census_summary *s)
{
    if (guess->data.masks != SW_MASKS_PALETTE || s->all_grey) return;
    for (int i = 0; i < guess->value_count; i++)
        for (int j = 0; j < i; j++)
            if (s->rgb[guess->values[i].code] == s->rgb[guess->values[j].code]) return;
    for (int i = 0; i < guess->value_count; i++) {
        guess->values[i].has_rgb = true;
        guess->values[i].rgb = s->rgb[guess->values[i].code];
    }
}

/* ---- sizes ---- */

enum { LONG_SIDE_PX = 512 };

static int scaled(int side_px, int longer_px)
{
    if (longer_px <= LONG_SIDE_PX) return side_px;
    const int result = (side_px * LONG_SIDE_PX + longer_px / 2) / longer_px;
    return result > 0 ? result : 1;
}

/* The size of all masks, or the median one, scaled down to what trains in reasonable time. Where some are
 * wide and some tall, a square with padding wastes least. */
static void suggest_size(sw_guess *guess, double least_aspect, double most_aspect)
{
    sw_data_config *data = &guess->data;
    sw_size size = {guess->height_px.median, guess->width_px.median};
    const bool differ = most_aspect > 1.25 * least_aspect;
    data->fit = differ ? SW_FIT_PAD : SW_FIT_STRETCH;
    if (differ && least_aspect < 1 && most_aspect > 1) size = sw_size_square(sw_size_longer(size));
    const int longer = sw_size_longer(size);
    data->size = (sw_size){scaled(size.height, longer), scaled(size.width, longer)};
}

static sw_status sum_up_sizes(sw_guess *guess, const census_file *files, int count)
{
    double least = 1e9, most = 0;
    int read = 0;
    int *widths = malloc(2 * (size_t)count * sizeof *widths);
    if (!widths) return sw_fail_alloc("sizes of masks", 2 * (size_t)count * sizeof *widths);
    int *heights = widths + count;
    for (int i = 0; i < count; i++) {
        if (files[i].fault) continue;
        widths[read] = files[i].size.width;
        heights[read++] = files[i].size.height;
        const double aspect = (double)files[i].size.width / files[i].size.height;
        least = aspect < least ? aspect : least;
        most = aspect > most ? aspect : most;
    }
    guess->width_px = range_of(widths, read);
    guess->height_px = range_of(heights, read);
    guess->one_size =
        guess->width_px.low == guess->width_px.high && guess->height_px.low == guess->height_px.high;
    free(widths);
    suggest_size(guess, least, most);
    return SW_OK;
}

/* ---- remarks and failures ---- */

static sw_status tell_faults(sw_guess *guess, const census_file *files, const mask_list *masks)
{
    const char *fault = NULL, *other_size = NULL, *path = NULL;
    int bad = 0, sizes = 0;
    for (int i = 0; i < masks->count; i++) {
        if (files[i].fault && bad++ == 0) fault = files[i].fault;
        if (files[i].other_size && sizes++ == 0) {
            other_size = files[i].other_size;
            path = masks->pairs[i]->image;
        }
    }
    if (bad && bad == masks->count)
        return sw_fail(SW_E_DATA, "none of %d masks can be read; the first: %s", bad, fault);
    if (bad)
        SW_ENSURE(guess_remark(guess, "%d of %d masks cannot be read, and will be skipped: %s%s", bad,
                               masks->count, fault, bad > 1 ? ", and others" : ""));
    if (sizes)
        SW_ENSURE(guess_remark(guess,
                               "a picture and its mask must have one size, but of a sample %d have not, such "
                               "as %s (%s)",
                               sizes, path, other_size));
    return SW_OK;
}

/* Of a sample, read to compare sizes. */
static sw_status tell_bad_pictures(sw_guess *guess, const census_file *files, const mask_list *masks)
{
    const char *fault = NULL;
    int bad = 0, read = 0;
    for (int i = 0; i < masks->count; i++) {
        read += files[i].has_picture;
        if (files[i].picture_fault && bad++ == 0) fault = files[i].picture_fault;
    }
    if (bad && bad == read)
        return sw_fail(SW_E_DATA, "none of %d pictures can be read%s; the first: %s", read,
                       read < masks->count ? ", a sample" : "", fault);
    if (!bad) return SW_OK;
    return guess_remark(guess,
                        "%d of %s%d pictures cannot be read, and will be skipped: %s%s; 'segwork data stats' "
                        "names all",
                        bad, read < masks->count ? "a sample of " : "", read, fault,
                        bad > 1 ? ", and others" : "");
}

static sw_status tell_orphans(sw_guess *guess, const mask_list *masks)
{
    sw_status status = SW_OK;
    orphan_masks orphans;
    SW_ENSURE(orphan_masks_find(&orphans, masks->lists, guess->data.mask_suffix));
    if (orphans.count)
        status = guess_remark(guess, "%d mask%s no picture, such as %s; 'segwork data stats' lists them",
                              orphans.count, orphans.count == 1 ? " has" : "s have", orphans.paths[0]);
    orphan_masks_deinit(&orphans);
    return status;
}

static sw_status refuse_many_values(const sw_guess *guess, const census_summary *s, const mask_list *masks)
{
    if (guess->value_count <= 256 && !(s->worst && s->worst->has_more)) return SW_OK;
    return sw_fail(
        SW_E_DATA,
        "%s: these are no masks of classes: they have %s%d colours, %s alone %s%d. Masks that were "
        "saved as JPEG, smoothed or resized with interpolation look so, and photographs; a mask "
        "has one value a class, exactly",
        guess->data.root, guess->value_count > CENSUS_MOST_VALUES ? "over " : "",
        guess->value_count > CENSUS_MOST_VALUES ? CENSUS_MOST_VALUES : guess->value_count,
        masks->pairs[s->worst_place]->mask, s->worst->has_more ? "over " : "", s->worst->count);
}

sw_status sw_guess_masks(sw_guess *guess, int threads, uint64_t most_pixels,
                         const sw_progress_output *progress)
{
    enum { COMPARED = 24 };
    sw_status status = SW_OK;
    mask_list masks = {0};
    census_file *files = NULL;
    SW_TRY(list_masks(&masks, &guess->data));
    guess->masks = masks.count;
    if (masks.count == 0)
        SW_TRY(sw_fail(SW_E_DATA, "%s: none of the listed pictures has a mask", guess->data.root));
    SW_TRY(limit_pixels(&masks, most_pixels, threads));
    files = calloc((size_t)masks.count, sizeof *files);
    if (!files) SW_TRY(sw_fail_alloc("a list of masks", (size_t)masks.count * sizeof *files));
    SW_TRY(census_read(files, masks.pairs, masks.count, (masks.count + COMPARED - 1) / COMPARED, threads,
                       progress));
    SW_TRY(tell_faults(guess, files, &masks));
    SW_TRY(tell_bad_pictures(guess, files, &masks));
    SW_TRY(tell_orphans(guess, &masks));
    const census_summary summary = summarise(files, masks.count);
    guess->data.masks = choose_kind(&summary);
    for (int i = 0; i < masks.count; i++)
        if (!files[i].fault) SW_TRY(add_file(guess, &files[i]));
    SW_TRY(refuse_many_values(guess, &summary, &masks));
    take_colours(guess, &summary);
    SW_TRY(sum_up_sizes(guess, files, masks.count));
    SW_TRY(guess_classes(guess));
done:
    if (files) census_deinit(files, masks.count);
    free(files);
    mask_list_deinit(&masks);
    return status;
}
