#include "guess_scan.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/parallel.h"
#include "base/str.h"
#include "image/image.h"

enum { SAMPLES_IN_ALL = 600, MOST_SAMPLES = 6, FEW_VALUES = 32 };

/* ---- sets of files ---- */

static sw_status add_set(scan_set **out, folder_scan *scan, const char *folder)
{
    SW_ENSURE(SW_ARRAY_GROW(scan->sets, scan->count, "folders"));
    scan_set *set = &scan->sets[scan->count++];
    *set = (scan_set){.folder = folder, .files = {.folder = folder}};
    *out = set;
    return SW_OK;
}

static sw_status add_file(scan_set *set, char *name)
{
    sw_picture_files *files = &set->files.files;
    SW_ENSURE(SW_ARRAY_GROW(files->paths, files->count, "picture files"));
    files->paths[files->count++] = name;
    return SW_OK;
}

/* The files are sorted, so that those of a folder mostly follow each other. */
static sw_status gather_sets(folder_scan *scan)
{
    for (int i = 0; i < scan->files.count; i++) {
        char *path = scan->files.paths[i], *slash = strrchr(path, '/');
        const size_t length = slash ? (size_t)(slash - path) : 1;
        const char *folder = slash ? path : ".";
        scan_set *set = NULL;
        for (int s = scan->count - 1; s >= 0 && !set; s--)
            if (strncmp(scan->sets[s].folder, folder, length) == 0 && !scan->sets[s].folder[length])
                set = &scan->sets[s];
        if (!set) {
            const char *own = sw_arena_printf(&scan->arena, "%.*s", (int)length, folder);
            if (!own) return SW_E_MEMORY;
            SW_ENSURE(add_set(&set, scan, own));
        }
        SW_ENSURE(add_file(set, slash ? slash + 1 : path));
    }
    return SW_OK;
}

/* Whether most pictures of a folder have their masks in the same folder. */
static bool holds_both(const stem_index *files, const bool *is_mask)
{
    int pictures = 0, paired = 0;
    char stem[1024];
    for (int i = 0; i < files->files.count; i++) {
        const char *path = files->files.paths[i];
        const int length = sw_stem_length(path);
        if (is_mask[i] || length >= (int)sizeof stem) continue;
        memcpy(stem, path, (size_t)length);
        stem[length] = '\0';
        const bool png = strcasecmp(path + length, ".png") == 0;
        pictures++;
        paired += stem_find_mask(files, stem, !png, "") != NULL;
    }
    return paired > 0 && 2 * paired >= pictures;
}

/* Moves the masks of a folder of both into a set of their own. */
static sw_status part_set(folder_scan *scan, int s)
{
    sw_status status = SW_OK;
    const int count = scan->sets[s].files.files.count;
    scan_set *masks = NULL;
    bool *is_mask = malloc((size_t)count);
    if (!is_mask) return sw_fail_alloc("a list of masks", (size_t)count);
    for (int i = 0; i < count; i++) {
        const char *path = scan->sets[s].files.files.paths[i];
        char *stem = sw_arena_printf(&scan->arena, "%.*s", sw_stem_length(path), path);
        if (!stem) SW_TRY(SW_E_MEMORY);
        is_mask[i] = stem_is_mask_of_other(&scan->sets[s].files, path, stem, "");
    }
    if (!holds_both(&scan->sets[s].files, is_mask)) goto done;
    SW_TRY(add_set(&masks, scan, scan->sets[s].folder));
    sw_picture_files *files = &scan->sets[s].files.files;
    files->count = 0;
    for (int i = 0; i < count; i++) {
        if (is_mask[i])
            SW_TRY(add_file(masks, files->paths[i]));
        else
            files->paths[files->count++] = files->paths[i];
    }
done:
    free(is_mask);
    return status;
}

/* ---- what they look like ---- */

typedef struct scan_sample {
    int set;
    const char *path;
    double likeness;
    bool one_channel;
    char *fault; /* why it cannot be read as a mask; NULL: it was */
} scan_sample;

typedef struct sampling {
    scan_sample *samples;
    int count;
} sampling;

static bool same_pixel(const sw_image *image, size_t a, size_t b)
{
    const size_t channels = (size_t)image->channels;
    return memcmp(image->pixels + a * channels, image->pixels + b * channels, channels) == 0;
}

static bool has_few_values(const sw_image *image)
{
    const size_t pixels = (size_t)image->width * (size_t)image->height;
    size_t seen[FEW_VALUES], count = 0, last = 0;
    for (size_t i = 0; i < pixels; i++) {
        if (count && same_pixel(image, i, last)) continue;
        last = i;
        size_t v = 0;
        while (v < count && !same_pixel(image, i, seen[v])) v++;
        if (v < count) continue;
        if (count == FEW_VALUES) return false;
        seen[count++] = i;
    }
    return 4 * count <= pixels;
}

/* Share of pixels that equal their left neighbour: almost 1 in masks, low in photographs. */
static double likeness_of(const sw_image *image)
{
    size_t equal = 0, all = 0;
    for (int y = 0; y < image->height; y++)
        for (int x = 1; x < image->width; x++, all++) {
            const size_t i = (size_t)y * (size_t)image->width + (size_t)x;
            equal += same_pixel(image, i, i - 1);
        }
    const double share = all ? (double)equal / (double)all : 0;
    if (has_few_values(image)) return share > 0.75 ? share : 0.75;
    return share > 0.8 ? share : 0;
}

static sw_status look_at(void *user, int index)
{
    scan_sample *sample = &((sampling *)user)->samples[index];
    sw_mask_image mask;
    const sw_status status = sw_mask_image_read(&mask, sample->path);
    if (status == SW_OK) {
        sample->likeness = likeness_of(&mask.image);
        sample->one_channel = mask.image.channels == 1;
        sw_image_deinit(&mask.image);
    }
    if (status == SW_E_MEMORY) return status;
    if (status != SW_OK && !(sample->fault = sw_strf("%s", sw_error_message()))) return SW_E_MEMORY;
    return SW_OK;
}

static sw_status add_samples(sampling *out, folder_scan *scan, int s, const char *root)
{
    const sw_picture_files *files = &scan->sets[s].files.files;
    int most = SAMPLES_IN_ALL / scan->count;
    most = most < 1 ? 1 : most > MOST_SAMPLES ? MOST_SAMPLES : most;
    const int step = (files->count + most - 1) / most | 1; /* odd: pictures and masks may alternate */
    for (int i = 0; i < files->count; i += step) {
        const char *path =
            sw_arena_printf(&scan->arena, "%s/%s/%s", root, scan->sets[s].folder, files->paths[i]);
        if (!path) return SW_E_MEMORY;
        SW_ENSURE(SW_ARRAY_GROW(out->samples, out->count, "a sample of files"));
        out->samples[out->count++] = (scan_sample){.set = s, .path = path};
    }
    return SW_OK;
}

static bool is_png_name(const char *path)
{
    return strcasecmp(path + sw_stem_length(path), ".png") == 0;
}

/* Files that cannot be read say nothing of the others. */
static sw_status add_to_set(folder_scan *scan, const scan_sample *sample)
{
    scan_set *set = &scan->sets[sample->set];
    if (sample->fault) {
        if (!set->fault) set->fault = sw_arena_strdup(&scan->arena, sample->fault);
        return set->fault ? SW_OK : SW_E_MEMORY;
    }
    set->likeness += sample->likeness;
    set->one_channel = set->one_channel || sample->one_channel;
    set->readable++;
    return SW_OK;
}

static sw_status look_at_sets(folder_scan *scan, const char *root, int threads)
{
    sw_status status = SW_OK;
    sampling taken = {0};
    for (int s = 0; s < scan->count; s++) {
        scan_set *set = &scan->sets[s];
        for (int i = 0; i < set->files.files.count; i++)
            set->has_png = set->has_png || is_png_name(set->files.files.paths[i]);
        if (set->has_png) SW_TRY(add_samples(&taken, scan, s, root)); /* a mask is a PNG */
    }
    SW_TRY(sw_parallel_run(taken.count, threads, look_at, &taken));
    for (int i = 0; i < taken.count; i++) SW_TRY(add_to_set(scan, &taken.samples[i]));
    for (int s = 0; s < scan->count; s++)
        if (scan->sets[s].readable) scan->sets[s].likeness /= scan->sets[s].readable;
done:
    for (int i = 0; i < taken.count; i++) free(taken.samples[i].fault);
    free(taken.samples);
    return status;
}

sw_status folder_scan_make(folder_scan *out, const char *root, int threads)
{
    sw_status status = SW_OK;
    *out = (folder_scan){0};
    SW_TRY(sw_picture_files_list(&out->files, root, true));
    SW_TRY(gather_sets(out));
    const int folders = out->count;
    for (int s = 0; s < folders; s++) SW_TRY(part_set(out, s));
    SW_TRY(look_at_sets(out, root, threads));
done:
    if (status != SW_OK) folder_scan_deinit(out);
    return status;
}

void folder_scan_deinit(folder_scan *scan)
{
    for (int s = 0; s < scan->count; s++) free(scan->sets[s].files.files.paths);
    free(scan->sets);
    sw_picture_files_deinit(&scan->files);
    sw_arena_deinit(&scan->arena);
    *scan = (folder_scan){0};
}
