#include "pair_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

sw_status pair_list_add(pair_list *list, data_pair pair)
{
    SW_ENSURE(SW_ARRAY_GROW(list->pairs, list->count, "a list of pictures"));
    list->pairs[list->count++] = pair;
    return SW_OK;
}

void pair_list_deinit(pair_list *list)
{
    free(list->pairs);
    sw_arena_deinit(&list->arena);
    *list = (pair_list){0};
}

const char *pair_name_fault(const char *name, size_t length)
{
    if (length > PAIR_NAME_MAX_BYTES) return "the name is over 200 bytes long";
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)name[i];
        if (c < 0x20 || c == 0x7f) return "the name has a control character";
        if (c == '/' || c == '\\') return "the name has a slash: it must be a file of the folder itself";
        if (c == '.' && i + 1 < length && name[i + 1] == '.') return "the name has '..'";
    }
    return NULL;
}

static int compare_pairs(const void *a, const void *b)
{
    const data_pair *left = *(const data_pair *const *)a, *right = *(const data_pair *const *)b;
    int order = strcmp(left->name, right->name);
    return order ? order : (left->line > right->line) - (left->line < right->line);
}

static sw_status same_name(const pair_list *list, const data_pair *first, const data_pair *second)
{
    if (second->line)
        return sw_fail(SW_E_DATA, "%s:%d: '%s' is listed already in line %d", list->source, second->line,
                       second->name, first->line);
    return sw_fail(SW_E_DATA, "%s: two pictures are called '%s': %s and %s; rename one of them", list->source,
                   first->name, first->image, second->image);
}

sw_status pair_list_refuse_duplicates(const pair_list *list)
{
    sw_status status = SW_OK;
    const size_t bytes = ((size_t)list->count + 1) * sizeof(const data_pair *);
    const data_pair **sorted = malloc(bytes);
    if (!sorted) return sw_fail_alloc("a list of pictures", bytes);
    for (int i = 0; i < list->count; i++) sorted[i] = &list->pairs[i];
    qsort(sorted, (size_t)list->count, sizeof *sorted, compare_pairs);
    for (int i = 1; i < list->count && status == SW_OK; i++)
        if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0)
            status = same_name(list, sorted[i - 1], sorted[i]);
    free(sorted);
    return status;
}
