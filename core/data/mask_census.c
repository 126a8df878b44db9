#include "mask_census.h"

#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "base/str.h"
#include "base/tally.h"
#include "image/image.h"

/* ---- counting ---- */

static sw_status count_numbers(census_file *file, const sw_mask_image *mask)
{
    uint64_t counts[256] = {0};
    const size_t pixels = sw_size_pixels(file->size);
    for (size_t i = 0; i < pixels; i++) counts[mask->image.pixels[i]]++;
    file->kind = mask->colours ? CENSUS_PALETTE : CENSUS_GREY;
    file->values = malloc(256 * sizeof *file->values);
    if (!file->values) return sw_fail_alloc("the values of a mask", 256 * sizeof *file->values);
    for (int v = 0; v < 256; v++) {
        if (!counts[v]) continue;
        const uint32_t level = (uint32_t)v * 0x010101u;
        const uint32_t rgb = !mask->colours ? level : v < mask->colours ? mask->palette[v] : 0;
        file->values[file->count++] = (census_value){v, rgb, counts[v]};
    }
    return SW_OK;
}

/* Places of a hash table; twice as many as there can be values. */
enum { PLACES = 2 * CENSUS_MOST_VALUES };

static bool is_grey(uint32_t rgb)
{
    return (rgb & 0xFF) * 0x010101u == rgb;
}

static int place_of(const int *table, const census_file *file, uint32_t rgb)
{
    unsigned place = rgb * 2654435761u % PLACES;
    while (table[place] && file->values[table[place] - 1].rgb != rgb) place = (place + 1) % PLACES;
    return (int)place;
}

static sw_status count_colours(census_file *file, const sw_mask_image *mask)
{
    const size_t pixels = sw_size_pixels(file->size);
    const size_t bytes = CENSUS_MOST_VALUES * sizeof *file->values;
    int *table = calloc(PLACES, sizeof *table); /* number of the value, from 1; 0: free */
    census_value *value = NULL;
    file->kind = CENSUS_RGB_GREY;
    file->values = malloc(bytes);
    if (!file->values || !table) {
        free(table);
        return sw_fail_alloc("the colours of a mask", bytes);
    }
    for (size_t i = 0; i < pixels && !file->has_more; i++) {
        const uint8_t *p = mask->image.pixels + 3 * i;
        const uint32_t rgb = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
        if (!value || value->rgb != rgb) {
            const int place = place_of(table, file, rgb);
            file->has_more = !table[place] && file->count == CENSUS_MOST_VALUES;
            if (file->has_more) break;
            if (!table[place]) {
                file->values[file->count++] = (census_value){is_grey(rgb) ? (int)(rgb & 0xFF) : -1, rgb, 0};
                table[place] = file->count;
                if (!is_grey(rgb)) file->kind = CENSUS_COLOURS;
            }
            value = &file->values[table[place] - 1];
        }
        value->pixels++;
    }
    free(table);
    return SW_OK;
}

/* ---- files ---- */

typedef struct census_job {
    census_file *files;
    const data_pair *const *pairs;
    int every_picture;
    sw_tally *tally;
} census_job;

static sw_status compare_size(census_file *file, const data_pair *pair)
{
    sw_image picture;
    sw_str notes = {0};
    char size[160];
    sw_status status = sw_image_read_rgb_noted(&picture, &notes, pair->image);
    sw_str_deinit(&notes);
    file->has_picture = true;
    if (status == SW_E_IO || status == SW_E_DATA) {
        file->picture_fault = sw_strf("%s", sw_error_message());
        return file->picture_fault ? SW_OK : SW_E_MEMORY;
    }
    if (status != SW_OK) return status;
    if (picture.width != file->size.width || picture.height != file->size.height) {
        sw_image_describe_size(size, sizeof size, &picture);
        file->other_size = sw_strf("%s", size);
        if (!file->other_size) status = SW_E_MEMORY;
    }
    sw_image_deinit(&picture);
    return status;
}

static sw_status read_file(void *user, int index)
{
    const census_job *job = user;
    census_file *file = &job->files[index];
    const data_pair *pair = job->pairs[index];
    sw_mask_image mask;
    sw_status status = sw_mask_image_read(&mask, pair->mask);
    if (status == SW_E_IO || status == SW_E_DATA) {
        file->fault = sw_strf("%s", sw_error_message());
        return file->fault ? SW_OK : SW_E_MEMORY;
    }
    if (status != SW_OK) return status;
    file->size = (sw_size){mask.image.height, mask.image.width};
    status = (mask.image.channels == 1 ? count_numbers : count_colours)(file, &mask);
    sw_image_deinit(&mask.image);
    census_value *fitting = realloc(file->values, (size_t)(file->count + 1) * sizeof *file->values);
    if (fitting) file->values = fitting; /* there may be many files */
    if (status == SW_OK && job->every_picture && index % job->every_picture == 0)
        status = compare_size(file, pair);
    return status;
}

static sw_status count_file(void *user, int index)
{
    const census_job *job = user;
    sw_status status = read_file(user, index);
    sw_tally_add(job->tally, 1);
    return status;
}

sw_status census_read(census_file *files, const data_pair *const *pairs, int count, int every_picture,
                      int threads, const sw_progress_output *progress)
{
    memset(files, 0, (size_t)count * sizeof *files);
    census_job job = {files, pairs, every_picture, NULL};
    const sw_tally_plan tally = {.what = "reading", .unit = "masks", .total = (uint64_t)count};
    SW_ENSURE(sw_tally_create(&job.tally, progress, &tally));
    sw_status status = sw_parallel_run(count, threads, count_file, &job);
    sw_tally_destroy(job.tally);
    return status;
}

void census_deinit(census_file *files, int count)
{
    for (int i = 0; i < count; i++) {
        free(files[i].values);
        free(files[i].fault);
        free(files[i].other_size);
        free(files[i].picture_fault);
    }
}
