/* segwork data stats */
#include <stdio.h>
#include <string.h>

#include "cmd_data.h"
#include "data/stats.h"

enum { MAX_SIZE_PX = 4096, LINE_COLUMNS = 80, MOST_SHOWN = 20 };

static int all;

const struct poptOption data_stats_options[] = {
    {"all", '\0', POPT_ARG_NONE, &all, 0, "List every odd file, not just the first 20 of a kind", NULL},
    POPT_TABLEEND};

bool data_stats_any_option(void)
{
    return all;
}

static int class_width(const sw_classes *classes, int c)
{
    const int length = (int)strlen(classes->list[c].name);
    return length > 8 ? length : 8;
}

static void print_splits(const sw_stats *stats)
{
    const sw_classes *classes = stats->classes;
    printf("%-12s %8s %8s", "split", "listed", "usable");
    for (int c = 0; c < classes->count; c++) printf(" %*s", class_width(classes, c), classes->list[c].name);
    printf(" %8s\n", "empty");
    for (int s = 0; s < SW_STATS_SPLITS; s++) {
        const sw_stats_split *split = &stats->splits[s];
        if (!split->present) {
            printf("%-12s no such list\n", split->name);
            continue;
        }
        printf("%-12s %8d %8d", split->name, split->listed, split->usable);
        for (int c = 0; c < classes->count; c++)
            printf(" %*.3f", class_width(classes, c), split->class_fraction[c]);
        printf(" %8d\n", split->all_background);
    }
    printf("(class fractions of all pixels at %d x %d; empty: only background)\n", stats->size_px,
           stats->size_px);
}

static void print_sizes(const sw_stats *stats)
{
    printf("\n%-12s %8s %8s %8s\n", "stored, px", "least", "median", "most");
    printf("%-12s %8d %8d %8d\n", "width", stats->width_px.low, stats->width_px.median, stats->width_px.high);
    printf("%-12s %8d %8d %8d\n", "height", stats->height_px.low, stats->height_px.median,
           stats->height_px.high);
}

/* Breaks at blanks to LINE_COLUMNS; what cannot be printed becomes '?', for a file name may hold anything. */
static void print_wrapped(const char *text, int indent)
{
    int column = indent;
    printf("%*s", indent, "");
    while (*text) {
        int length = (int)strcspn(text, " ");
        if (column > indent && column + 1 + length > LINE_COLUMNS) {
            printf("\n%*s", indent + 2, "");
            column = indent + 2;
        } else if (column > indent) {
            putchar(' ');
            column++;
        }
        for (int i = 0; i < length; i++)
            putchar((unsigned char)text[i] < 0x20 || text[i] == 0x7f ? '?' : text[i]);
        column += length;
        text += length;
        while (*text == ' ') text++;
    }
    putchar('\n');
}

static void print_remark(const sw_stats_remark *remark)
{
    char line[1024];
    /* Reasons from the file readers begin with the path, which has the name in it */
    const char *path_end = strchr(remark->text, ':');
    if (path_end && memchr(remark->text, '/', (size_t)(path_end - remark->text)))
        snprintf(line, sizeof line, "%s", remark->text);
    else
        snprintf(line, sizeof line, "%s%s%s", remark->name, remark->text[0] ? ": " : "", remark->text);
    print_wrapped(line, 2);
}

static void print_remarks(const sw_stats *stats)
{
    static const char *const titles[SW_REMARK_KINDS] = {
        [SW_REMARK_BAD] = "listed, but not usable",
        [SW_REMARK_CONVERTED] = "usable, but converted or doubtful",
        [SW_REMARK_ALL_BACKGROUND] = "usable, but the trimap is all background",
        [SW_REMARK_IN_BOTH] = "listed for training and for validation",
        [SW_REMARK_UNLISTED] = "in images/, but in no list",
    };
    int counts[SW_REMARK_KINDS] = {0}, shown[SW_REMARK_KINDS] = {0};
    for (int i = 0; i < stats->remark_count; i++) counts[stats->remarks[i].kind]++;
    for (int i = 0; i < stats->remark_count; i++) {
        const sw_stats_remark *remark = &stats->remarks[i];
        if (shown[remark->kind] == 0) printf("\n%s: %d\n", titles[remark->kind], counts[remark->kind]);
        if (all || shown[remark->kind] < MOST_SHOWN)
            print_remark(remark);
        else if (shown[remark->kind] == MOST_SHOWN)
            printf("  and %d more (--all lists them)\n", counts[remark->kind] - MOST_SHOWN);
        shown[remark->kind]++;
    }
    if (stats->remark_count == 0) printf("\nno odd file\n");
}

sw_status data_stats_run(const char *dir, int size_px)
{
    if (size_px < 1 || size_px > MAX_SIZE_PX)
        return sw_fail(SW_E_USAGE, "--size %d: must be 1 to %d pixels", size_px, MAX_SIZE_PX);
    sw_stats stats;
    sw_status status = sw_stats_collect(&stats, dir, size_px, 0);
    if (status != SW_OK) return status;
    printf("%s: %d files in images/\n\n", dir, stats.image_files);
    print_splits(&stats);
    print_sizes(&stats);
    print_remarks(&stats);
    sw_stats_deinit(&stats);
    return SW_OK;
}
