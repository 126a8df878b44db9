#include "base/file_set.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/array.h"

bool sw_file_identify(sw_file_id *out, const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0) return false;
    *out = (sw_file_id){info.st_dev, info.st_ino};
    return true;
}

bool sw_file_id_equals(sw_file_id a, sw_file_id b)
{
    return a.device == b.device && a.number == b.number;
}

static int by_id(const void *a, const void *b)
{
    const sw_file_id x = ((const sw_file_set_item *)a)->id, y = ((const sw_file_set_item *)b)->id;
    if (x.device != y.device) return x.device < y.device ? -1 : 1;
    return x.number < y.number ? -1 : x.number > y.number;
}

sw_status sw_file_set_add(sw_file_set *set, const char *path)
{
    sw_file_set_item item = {0};
    if (!sw_file_identify(&item.id, path)) return SW_OK;
    SW_ENSURE(SW_ARRAY_GROW(set->items, set->count, "a list of files"));
    item.path = sw_arena_strdup(&set->arena, path);
    if (!item.path) return SW_E_MEMORY;
    set->items[set->count++] = item;
    set->sorted = false;
    return SW_OK;
}

const char *sw_file_set_find(sw_file_set *set, const char *path)
{
    sw_file_set_item key = {0};
    if (set->count == 0 || !sw_file_identify(&key.id, path)) return NULL;
    if (!set->sorted) qsort(set->items, (size_t)set->count, sizeof *set->items, by_id);
    set->sorted = true;
    const sw_file_set_item *found = bsearch(&key, set->items, (size_t)set->count, sizeof *set->items, by_id);
    return found ? found->path : NULL;
}

void sw_file_set_deinit(sw_file_set *set)
{
    free(set->items);
    sw_arena_deinit(&set->arena);
    *set = (sw_file_set){0};
}

sw_status sw_visits_add(bool *first, sw_visits *visits, const char *folder)
{
    sw_file_id id;
    *first = false;
    if (!sw_file_identify(&id, folder)) return SW_OK;
    for (int i = 0; i < visits->count; i++)
        if (sw_file_id_equals(visits->ids[i], id)) return SW_OK;
    SW_ENSURE(SW_ARRAY_GROW(visits->ids, visits->count, "a list of folders"));
    visits->ids[visits->count++] = id;
    *first = true;
    return SW_OK;
}

void sw_visits_deinit(sw_visits *visits)
{
    free(visits->ids);
    *visits = (sw_visits){0};
}
