#include "run/gallery_scores.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/fs.h"
#include "page/csv.h"
#include "run/gallery_format.h"

enum { MAX_BYTES = 64 << 20 };

/* ---- lines ---- */

/* Finds the column in the heading, and moves *at behind that; -1: it is not there. */
static int find_column(char **at, const char *column)
{
    int found = -1;
    bool last = false;
    for (int i = 0; !last; i++) {
        const char *field = sw_csv_take_field(at, &last);
        if (!field) return -1;
        if (i > 0 && strcmp(field, column) == 0) found = i;
    }
    return found;
}

/* Takes a line: its name, and the number of the column. false: it has none. */
static bool take_line(sw_gallery_score *out, char **at, int column)
{
    bool last = false, found = false;
    for (int i = 0; !last; i++) {
        char *field = sw_csv_take_field(at, &last), *end;
        if (!field) return false;
        if (i == 0) out->name = field;
        if (i != column) continue;
        out->value = *field ? strtod(field, &end) : (double)NAN;
        found = !*field || *end == '\0';
    }
    return found && *out->name;
}

/* ---- the file ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const sw_gallery_score *)a)->name, ((const sw_gallery_score *)b)->name);
}

static sw_status take_lines(sw_gallery_scores *out, const char *path, const char *column)
{
    char *at = out->text;
    const int place = find_column(&at, column);
    if (place < 0)
        return sw_fail(SW_E_DATA, "%s has no column %s: not what a run writes; was the folder copied whole?",
                       path, column);
    while (*at) {
        sw_gallery_score score = {0};
        if (!take_line(&score, &at, place))
            return sw_fail(SW_E_DATA, "%s: line %zu is not what a run writes; was the folder copied whole?",
                           path, out->count + 2);
        SW_ENSURE(SW_ARRAY_GROW(out->items, out->count, "figures of images"));
        out->items[out->count++] = score;
    }
    if (out->count) qsort(out->items, out->count, sizeof *out->items, by_name);
    return SW_OK;
}

sw_status sw_gallery_scores_read(sw_gallery_scores *out, const char *run, int epoch, const char *column)
{
    sw_status status = SW_OK;
    size_t length;
    bool there;
    *out = (sw_gallery_scores){0};
    char *path = sw_epoch_file(run, sw_gallery_files.folder, epoch, ".csv");
    if (!path) return SW_E_MEMORY;
    SW_TRY(sw_fs_find(&there, path));
    if (!there) goto done;
    SW_TRY(sw_fs_read(&out->text, &length, path, MAX_BYTES));
    if (strlen(out->text) != length) SW_TRY(sw_fail(SW_E_DATA, "%s is no text", path));
    SW_TRY(take_lines(out, path, column));
done:
    if (status != SW_OK) sw_gallery_scores_deinit(out);
    free(path);
    return status;
}

void sw_gallery_scores_deinit(sw_gallery_scores *scores)
{
    free(scores->items);
    free(scores->text);
    *scores = (sw_gallery_scores){0};
}

double sw_gallery_score_of(const sw_gallery_scores *scores, const char *name)
{
    const sw_gallery_score key = {.name = name};
    const sw_gallery_score *found =
        scores->count ? bsearch(&key, scores->items, scores->count, sizeof key, by_name) : NULL;
    return found ? found->value : (double)NAN;
}
