/* What the statistics say of single files, with equal reasons together. */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "repeats.h"
#include "stats_items.h"

static bool has_remark(const stats_item *item, int kind)
{
    const bool has[SW_REMARK_KINDS] = {
        [SW_REMARK_BAD] = item->splits && !item->usable,
        [SW_REMARK_CONVERTED] = item->usable && item->text,
        [SW_REMARK_ALL_BACKGROUND] = item->all_background,
        [SW_REMARK_ALL_IGNORED] = item->all_ignored,
        [SW_REMARK_IN_BOTH] = (item->splits & (item->splits - 1)) != 0,
        [SW_REMARK_UNLISTED] = !item->splits && !item->orphan,
        [SW_REMARK_ORPHAN] = item->orphan,
    };
    return has[kind];
}

/* The kinds of text among the remarks of one kind: their places are the groups. */
typedef struct text_groups {
    char **kinds;
    int count;
} text_groups;

static void clear_groups(text_groups *groups)
{
    for (int i = 0; i < groups->count; i++) free(groups->kinds[i]);
    free(groups->kinds);
    *groups = (text_groups){0};
}

static sw_status find_group(int *out, text_groups *groups, const char *text)
{
    char *kind = repeats_kind(text);
    if (!kind) return SW_E_MEMORY;
    int group = 0;
    while (group < groups->count && strcmp(groups->kinds[group], kind) != 0) group++;
    *out = group;
    if (group < groups->count) {
        free(kind);
        return SW_OK;
    }
    sw_status status = SW_ARRAY_GROW(groups->kinds, groups->count, "reasons");
    if (status == SW_OK)
        groups->kinds[groups->count++] = kind;
    else
        free(kind);
    return status;
}

static sw_status add_kind(sw_stats *out, int kind)
{
    const bool tells = kind == SW_REMARK_BAD || kind == SW_REMARK_CONVERTED || kind == SW_REMARK_UNLISTED;
    sw_status status = SW_OK;
    text_groups groups = {0};
    for (int i = 0; i < out->store->item_count; i++) {
        const stats_item *item = &out->store->items[i];
        sw_stats_remark remark = {(sw_stats_remark_kind)kind, 0, item->name,
                                  tells && item->text ? item->text : ""};
        if (!has_remark(item, kind)) continue;
        SW_TRY(find_group(&remark.group, &groups, remark.text));
        out->remarks[out->remark_count++] = remark;
    }
done:
    clear_groups(&groups);
    return status;
}

static int compare_remarks(const void *a, const void *b)
{
    const sw_stats_remark *left = a, *right = b;
    if (left->kind != right->kind) return left->kind < right->kind ? -1 : 1;
    if (left->group != right->group) return left->group < right->group ? -1 : 1;
    return strcmp(left->name, right->name);
}

sw_status stats_remark(sw_stats *out)
{
    const size_t room = (size_t)out->store->item_count * SW_REMARK_KINDS + 1;
    out->remarks = malloc(room * sizeof *out->remarks);
    if (!out->remarks) return sw_fail_alloc("file statistics", room * sizeof *out->remarks);
    for (int kind = 0; kind < SW_REMARK_KINDS; kind++) SW_ENSURE(add_kind(out, kind));
    qsort(out->remarks, (size_t)out->remark_count, sizeof *out->remarks, compare_remarks);
    return SW_OK;
}
