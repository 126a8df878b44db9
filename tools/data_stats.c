#include "data_stats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/terminal.h"
#include "command.h"
#include "config/experiment.h"
#include "data/description.h"
#include "data/guess.h"
#include "data/mask_values.h"
#include "data/stats.h"
#include "page/sheet.h"
#include "print.h"

enum { MAX_SIZE_PX = 4096, SHOWN_OF_GROUP = 3, SHOWN_GROUPS = 8 };

/* ---- tables ---- */

static void print_splits(sw_str *out, const sw_stats *stats)
{
    const bool has_background = stats->classes->background >= 0;
    sw_str rows = {0};
    sw_str_printf(&rows, "split\tlisted\tusable\tignored%s\n", has_background ? "\tempty" : "");
    for (int s = 0; s < SW_SPLITS; s++) {
        const sw_stats_split *split = &stats->splits[s];
        if (!split->present) continue;
        sw_str_printf(&rows, "%s\t%d\t%d\t%.4f", sw_data_split_name((sw_split)s), split->listed,
                      split->usable, sw_stats_ignored_share(split));
        if (has_background) sw_str_printf(&rows, "\t%d", split->all_background);
        sw_str_append(&rows, "\n");
    }
    sw_sheet_columns(out, &rows, 1);
    sw_str_printf(out, "(ignored: share of the pixels%s)\n",
                  has_background ? "; empty: masks of background alone" : "");
}

/* "7", "#804080", "3, 4", "1, 2, 3 ..." */
static void put_class_values(sw_str *out, const sw_class_list *list, int c)
{
    enum { SHOWN = 3 };
    int count = 0;
    for (int v = 0; v < list->value_count; v++) {
        if (list->values[v].label != c || count++ >= SHOWN) continue;
        if (count > 1) sw_str_append(out, ", ");
        sw_mask_code_append(out, list->values[v].code);
    }
    if (count > SHOWN) sw_str_append(out, " ...");
}

static void print_classes(sw_str *out, const sw_stats *stats, const sw_data_config *data)
{
    const sw_class_list *list = sw_data_class_list(data);
    sw_str rows = {0};
    sw_str_append(&rows, "class\tvalue");
    for (int s = 0; s < SW_SPLITS; s++)
        if (stats->splits[s].present) sw_str_printf(&rows, "\t%s\timages", sw_data_split_name((sw_split)s));
    sw_str_append(&rows, "\n");
    for (int c = 0; c < list->classes.count; c++) {
        sw_str_printf(&rows, "%s\t", list->classes.list[c].name);
        put_class_values(&rows, list, c);
        for (int s = 0; s < SW_SPLITS; s++)
            if (stats->splits[s].present)
                sw_str_printf(&rows, "\t%.4f\t%d", sw_stats_share(&stats->splits[s], c),
                              stats->splits[s].images[c]);
        sw_str_append(&rows, "\n");
    }
    sw_str_append(out, "\n");
    sw_sheet_columns(out, &rows, 2);
    sw_str_printf(out, "(share of the pixels that count, at %d x %d; images: that have the class)\n",
                  stats->size.width, stats->size.height);
}

static void print_absent(sw_str *out, const sw_stats *stats)
{
    const sw_stats_split *train = &stats->splits[SW_SPLIT_TRAIN];
    sw_str line = {0};
    for (int c = 0; train->usable && c < stats->classes->count; c++)
        if (train->pixels[c] == 0)
            sw_str_printf(&line, "%s%s",
                          line.length ? ", " : "no training mask has: ", stats->classes->list[c].name);
    if (line.length) {
        sw_str_wrap(out, sw_str_part(out, &line), 0, 2, SW_TERMINAL_DEFAULT_COLUMNS);
        sw_str_append(out, "\n");
    }
    sw_str_deinit(&line);
}

static void print_sizes(sw_str *out, const sw_stats *stats)
{
    sw_str rows = {0};
    sw_str_printf(&rows, "stored, px\tleast\tmedian\tmost\nwidth\t%d\t%d\t%d\nheight\t%d\t%d\t%d\n",
                  stats->width_px.low, stats->width_px.median, stats->width_px.high, stats->height_px.low,
                  stats->height_px.median, stats->height_px.high);
    sw_str_append(out, "\n");
    sw_sheet_columns(out, &rows, 1);
}

/* ---- remarks ---- */

/* Characters that cannot be printed become '?', for a file name may hold anything. */
static void print_remark(sw_str *out, const sw_stats_remark *remark)
{
    char line[1024];
    /* Reasons from the file readers begin with the path, which has the name in it */
    const char *path_end = strchr(remark->text, ':');
    if (path_end && memchr(remark->text, '/', (size_t)(path_end - remark->text)))
        snprintf(line, sizeof line, "%s", remark->text);
    else
        snprintf(line, sizeof line, "%s%s%s", remark->name, remark->text[0] ? ": " : "", remark->text);
    for (char *c = line; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = '?';
    sw_str_append(out, "  ");
    sw_str_wrap(out, line, 2, 4, SW_TERMINAL_DEFAULT_COLUMNS);
    sw_str_append(out, "\n");
}

/* Prints the remarks first..end-1 of one kind and group. */
static void print_group(sw_str *out, const sw_stats *stats, int first, int end, bool all)
{
    const int shown = all || end - first <= SHOWN_OF_GROUP + 1 ? end - first : SHOWN_OF_GROUP;
    for (int i = first; i < first + shown; i++) print_remark(out, &stats->remarks[i]);
    if (shown < end - first)
        sw_str_printf(out, "  and %d more like %s (--all lists them)\n", end - first - shown,
                      shown == 1 ? "it" : "these");
}

static int end_of_kind(const sw_stats *stats, int first)
{
    int end = first;
    while (end < stats->remark_count && stats->remarks[end].kind == stats->remarks[first].kind) end++;
    return end;
}

static int end_of_group(const sw_stats *stats, int first, int end)
{
    int i = first;
    while (i < end && stats->remarks[i].group == stats->remarks[first].group) i++;
    return i;
}

static void print_remarks(sw_str *out, const sw_stats *stats, bool all)
{
    static const char *const titles[SW_REMARK_KINDS] = {
        [SW_REMARK_BAD] = "listed, but not usable",
        [SW_REMARK_CONVERTED] = "usable, but converted or doubtful",
        [SW_REMARK_ALL_BACKGROUND] = "usable, but the mask is all background",
        [SW_REMARK_ALL_IGNORED] = "usable, but no pixel of the mask counts",
        [SW_REMARK_IN_BOTH] = "listed in two splits",
        [SW_REMARK_UNLISTED] = "beside listed pictures, but in no list",
        [SW_REMARK_ORPHAN] = "masks without a picture",
    };
    for (int first = 0, end; first < stats->remark_count; first = end) {
        end = end_of_kind(stats, first);
        sw_str_printf(out, "\n%s: %d\n", titles[stats->remarks[first].kind], end - first);
        for (int i = first, groups = 0; i < end; i = end_of_group(stats, i, end)) {
            if (!all && groups++ == SHOWN_GROUPS) {
                sw_str_printf(out, "  and %d more for other reasons (--all lists them)\n", end - i);
                break;
            }
            print_group(out, stats, i, end_of_group(stats, i, end), all);
        }
    }
    if (stats->remark_count == 0) sw_str_append(out, "\nno odd file\n");
}

/* ---- what is looked at ---- */

/* Fails when a run could not use what was printed. */
static sw_status judge(const sw_stats *stats, bool lists_are_optional)
{
    for (int s = 0; s < SW_SPLITS; s++) {
        const sw_stats_split *split = &stats->splits[s];
        if (split->missing && !lists_are_optional) return sw_fail(SW_E_CONFIG, "%s", split->missing);
        if (split->present && split->usable == 0)
            return sw_fail(SW_E_DATA, "none of the %d pictures of the %s split is usable", split->listed,
                           sw_data_split_name((sw_split)s));
    }
    return SW_OK;
}

static sw_status print_tables(const sw_stats *stats, const sw_data_config *data, bool all)
{
    sw_str text = {0};
    sw_str_printf(&text, "%s: layout %s, %d picture file%s\n\n", data->root, sw_data_layout_name(data),
                  stats->image_files, stats->image_files == 1 ? "" : "s");
    print_splits(&text, stats);
    print_classes(&text, stats, data);
    print_absent(&text, stats);
    print_sizes(&text, stats);
    print_remarks(&text, stats, all);
    return print_text(&text);
}

static sw_status print_stats(const sw_data_config *data, const data_stats_options *options,
                             bool lists_are_optional)
{
    const sw_progress_output progress = print_progress();
    sw_data_config sized = *data;
    sw_stats stats = {0};
    if (options->size_px != OPTION_NOT_GIVEN) sized.size = sw_size_square(options->size_px);
    SW_ENSURE(sw_stats_collect(&stats, &sized, 0, &progress));
    sw_status status =
        options->json ? data_stats_print_json(&stats, &sized) : print_tables(&stats, &sized, options->all);
    if (status == SW_OK) status = judge(&stats, lists_are_optional);
    sw_stats_deinit(&stats);
    return status;
}

static sw_status stats_of_file(const data_stats_options *options)
{
    sw_experiment *experiment = NULL;
    SW_ENSURE(sw_experiment_load_data(&experiment, options->path, options->sets));
    const sw_status status = print_stats(&experiment->data, options, false);
    sw_experiment_destroy(experiment);
    return status;
}

/* Any other folder than one of pets, as `segwork data init` describes it. */
static sw_status stats_of_guess(const data_stats_options *options)
{
    const sw_progress_output progress = print_progress();
    sw_guess guess;
    SW_ENSURE(sw_guess_files(&guess, options->path, 0));
    sw_status status = sw_guess_masks(&guess, 0, SW_GUESS_PIXELS, &progress);
    if (status == SW_OK) status = print_stats(&guess.data, options, false);
    sw_guess_deinit(&guess);
    return status;
}

/* A set of pets is described by its name, and may lack a list. One that is not there may be meant. */
static sw_status stats_of_pets(const data_stats_options *options)
{
    const sw_data_config data = {
        .root = options->path, .split = {"trainval", "test"}, .size = sw_size_square(128)};
    return print_stats(&data, options, true);
}

static bool has_trimaps(const char *folder)
{
    char *path = sw_fs_join(folder, "annotations/trimaps");
    const bool has = path && sw_fs_is_dir(path);
    free(path);
    return has;
}

static bool is_yaml(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

sw_status data_stats_print(const data_stats_options *options)
{
    const char *path = options->path;
    const bool is_folder = sw_fs_is_dir(path);
    if (options->size_px != OPTION_NOT_GIVEN && (options->size_px < 1 || options->size_px > MAX_SIZE_PX))
        return sw_fail(SW_E_USAGE, "--size %d: must be 1 to %d pixels", options->size_px, MAX_SIZE_PX);
    if (!is_folder && (is_yaml(path) || sw_fs_exists(path))) return stats_of_file(options);
    if (options->sets && options->sets[0])
        return sw_fail(SW_E_USAGE, "--set changes a key of an experiment, and %s is a folder", path);
    return is_folder && !has_trimaps(path) ? stats_of_guess(options) : stats_of_pets(options);
}
