#include "run/masks_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/fs.h"
#include "base/str.h"

const char masks_folder[] = "masks";

static const char map_end[] = ".png", confidence_end[] = "_confidence.png";

char *masks_file(const char *run, const char *name)
{
    char *folder = sw_fs_join(run, masks_folder);
    char *path = folder ? sw_fs_join(folder, name) : NULL;
    free(folder);
    return path;
}

char *masks_epoch_file(const char *run, int epoch, bool confidence)
{
    char *name = sw_strf("epoch_%02d%s", epoch, confidence ? confidence_end : map_end);
    char *path = name ? masks_file(run, name) : NULL;
    free(name);
    return path;
}

/* The epoch of a file's name, or -1. */
static int epoch_of(const char *name, bool any_file)
{
    static const char prefix[] = "epoch_";
    enum { MAX_DIGITS = 9 };
    if (strncmp(name, prefix, sizeof prefix - 1) != 0) return -1;
    const char *number = name + sizeof prefix - 1;
    size_t digits = strspn(number, "0123456789");
    if (digits < 2 || digits > MAX_DIGITS || (digits > 2 && number[0] == '0')) return -1;
    const char *end = number + digits;
    if (strcmp(end, map_end) != 0 && !(any_file && strcmp(end, confidence_end) == 0)) return -1;
    return (int)strtol(number, NULL, 10);
}

static int compare(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

/* Ascending, each number once. */
static int sort_unique(int *numbers, int count)
{
    int kept = 0;
    if (count) qsort(numbers, (size_t)count, sizeof *numbers, compare);
    for (int i = 0; i < count; i++)
        if (i == 0 || numbers[i] != numbers[i - 1]) numbers[kept++] = numbers[i];
    return kept;
}

sw_status masks_list(int **out, int *count, const char *folder, bool any_file)
{
    sw_status status = SW_OK;
    int *numbers = NULL, found = 0;
    *out = NULL;
    *count = 0;
    DIR *dir = opendir(folder);
    if (!dir) return sw_fail(SW_E_IO, "cannot read folder %s: %s", folder, strerror(errno));
    const struct dirent *entry;
    while ((entry = readdir(dir))) {
        int epoch = epoch_of(entry->d_name, any_file);
        if (epoch < 0) continue;
        SW_TRY(SW_ARRAY_GROW(numbers, found, "a list of epochs"));
        numbers[found++] = epoch;
    }
    *count = sort_unique(numbers, found);
    *out = numbers;
    numbers = NULL;
done:
    free(numbers);
    closedir(dir);
    return status;
}

void masks_layout(const sw_mask_images *images, int *columns, int *rows)
{
    *columns = images->columns < images->count ? images->columns : images->count;
    *rows = (images->count + *columns - 1) / *columns;
}

uint8_t *masks_tile_row(const sw_image *sheet, const sw_mask_images *images, int i, int y)
{
    int columns, rows;
    masks_layout(images, &columns, &rows);
    size_t left = (size_t)(i % columns) * (size_t)images->size_px;
    size_t top = (size_t)(i / columns) * (size_t)images->size_px + (size_t)y;
    return sheet->pixels + (top * (size_t)sheet->width + left) * (size_t)sheet->channels;
}
