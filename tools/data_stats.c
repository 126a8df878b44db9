#include "data_stats.h"

#include <stdio.h>
#include <string.h>

#include "data/stats.h"
#include "page/sheet.h"
#include "print.h"

enum { MAX_SIZE_PX = 4096, LINE_COLUMNS = 80, MOST_SHOWN = 20 };

static void print_splits(sw_str *out, const sw_stats *stats)
{
    const sw_classes *classes = stats->classes;
    static const char *const names[SW_SPLITS] = {"train", "val", "test"};
    sw_str rows = {0};
    sw_str_append(&rows, "split\tlisted\tusable");
    for (int c = 0; c < classes->count; c++) sw_str_printf(&rows, "\t%s", classes->list[c].name);
    sw_str_append(&rows, "\tempty\n");
    for (int s = 0; s < SW_SPLITS; s++) {
        const sw_stats_split *split = &stats->splits[s];
        if (!split->present) continue;
        sw_str_printf(&rows, "%s\t%d\t%d", names[s], split->listed, split->usable);
        for (int c = 0; c < classes->count; c++) sw_str_printf(&rows, "\t%.3f", split->class_fraction[c]);
        sw_str_printf(&rows, "\t%d\n", split->all_background);
    }
    sw_sheet_columns(out, &rows, 1);
    sw_str_printf(out, "(class fractions of all pixels at %d x %d; empty: only background)\n",
                  stats->size.width, stats->size.height);
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
    sw_str_wrap(out, line, 2, 4, LINE_COLUMNS);
    sw_str_append(out, "\n");
}

static void print_remarks(sw_str *out, const sw_stats *stats, bool all)
{
    static const char *const titles[SW_REMARK_KINDS] = {
        [SW_REMARK_BAD] = "listed, but not usable",
        [SW_REMARK_CONVERTED] = "usable, but converted or doubtful",
        [SW_REMARK_ALL_BACKGROUND] = "usable, but the mask is all background",
        [SW_REMARK_IN_BOTH] = "listed in two splits",
        [SW_REMARK_UNLISTED] = "beside listed pictures, but in no list",
    };
    int counts[SW_REMARK_KINDS] = {0}, shown[SW_REMARK_KINDS] = {0};
    for (int i = 0; i < stats->remark_count; i++) counts[stats->remarks[i].kind]++;
    for (int i = 0; i < stats->remark_count; i++) {
        const sw_stats_remark *remark = &stats->remarks[i];
        if (shown[remark->kind] == 0)
            sw_str_printf(out, "\n%s: %d\n", titles[remark->kind], counts[remark->kind]);
        if (all || shown[remark->kind] < MOST_SHOWN)
            print_remark(out, remark);
        else if (shown[remark->kind] == MOST_SHOWN)
            sw_str_printf(out, "  and %d more (--all lists them)\n", counts[remark->kind] - MOST_SHOWN);
        shown[remark->kind]++;
    }
    if (stats->remark_count == 0) sw_str_append(out, "\nno odd file\n");
}

sw_status data_stats_print(const char *dir, int size_px, bool all)
{
    if (size_px < 1 || size_px > MAX_SIZE_PX)
        return sw_fail(SW_E_USAGE, "--size %d: must be 1 to %d pixels", size_px, MAX_SIZE_PX);
    sw_stats stats;
    sw_str text = {0};
    const sw_data_config data = {.root = dir, .split = {"trainval", "test"}, .size = sw_size_square(size_px)};
    SW_ENSURE(sw_stats_collect(&stats, &data, 0));
    sw_str_printf(&text, "%s: %d files in images/\n\n", dir, stats.image_files);
    print_splits(&text, &stats);
    print_sizes(&text, &stats);
    print_remarks(&text, &stats, all);
    sw_stats_deinit(&stats);
    return print_text(&text);
}
