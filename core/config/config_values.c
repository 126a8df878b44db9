#include "config/config_values.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "config/schema.h"

typedef struct gathering {
    sw_config_values *values;
    sw_status status;
} gathering;

/* NULL when memory is out. */
static const char *origin_text(sw_arena *arena, sw_yaml_place place)
{
    return place.line > 0 ? sw_arena_printf(arena, "%s:%d", place.source, place.line)
                          : sw_arena_strdup(arena, place.source);
}

static sw_status add(gathering *g, const char *key, const char *value, const sw_yaml_node *origin)
{
    sw_arena *arena = &g->values->arena;
    SW_ENSURE(SW_ARRAY_GROW(g->values->items, g->values->count, "values of an experiment"));
    sw_config_value *item = &g->values->items[g->values->count];
    *item = (sw_config_value){.key = sw_arena_strdup(arena, key),
                              .value = sw_arena_strdup(arena, value),
                              .origin = origin ? origin_text(arena, origin->place) : NULL};
    if (!item->key || !item->value || (origin && !item->origin)) return SW_E_MEMORY;
    g->values->count++;
    return SW_OK;
}

static void gather(void *user, const char *key, const char *value, const sw_yaml_node *origin)
{
    gathering *g = user;
    if (g->status == SW_OK) g->status = add(g, key, value, origin);
}

sw_status sw_config_values_read(sw_config_values *out, const sw_experiment *experiment)
{
    *out = (sw_config_values){0};
    gathering g = {.values = out};
    sw_status status = sw_fields_values(&sw_experiment_schema, experiment, experiment->tree, gather, &g);
    if (status == SW_OK) status = g.status;
    if (status != SW_OK) sw_config_values_deinit(out);
    return status;
}

void sw_config_values_deinit(sw_config_values *values)
{
    free(values->items);
    sw_arena_deinit(&values->arena);
    *values = (sw_config_values){0};
}

const sw_config_value *sw_config_values_find(const sw_config_values *values, const char *key)
{
    for (size_t i = 0; i < values->count; i++)
        if (strcmp(values->items[i].key, key) == 0) return &values->items[i];
    return NULL;
}

/* ---- differences ---- */

static size_t place_of(const sw_config_keys *keys, const char *key)
{
    size_t i = 0;
    while (i < keys->count && strcmp(keys->items[i], key) != 0) i++;
    return i;
}

/* A key that only some have gets its place after the one it follows there. */
static void unite(sw_config_keys *keys, const sw_config_values *set)
{
    size_t after = 0;
    for (size_t i = 0; i < set->count; i++) {
        size_t at = place_of(keys, set->items[i].key);
        if (at == keys->count) {
            at = after;
            memmove(keys->items + at + 1, keys->items + at, (keys->count - at) * sizeof *keys->items);
            keys->items[at] = set->items[i].key;
            keys->count++;
        }
        after = at + 1;
    }
}

/* Engines are decided by a run where its experiment leaves them open. */
static bool left_open(const sw_config_values *const *sets, size_t count, const char *key)
{
    if (strcmp(key, "runtime.conv_layers") != 0) return false;
    for (size_t i = 0; i < count; i++) {
        const sw_config_value *value = sw_config_values_find(sets[i], key);
        if (!value || strcmp(value->value, "none") == 0) return true;
    }
    return false;
}

static bool agree(const sw_config_values *const *sets, size_t count, const char *key)
{
    const sw_config_value *first = sw_config_values_find(sets[0], key);
    for (size_t i = 1; i < count; i++) {
        const sw_config_value *other = sw_config_values_find(sets[i], key);
        if (!first != !other || (first && strcmp(first->value, other->value) != 0)) return false;
    }
    return true;
}

sw_status sw_config_differing(sw_config_keys *keys, const sw_config_values *const *sets, size_t count)
{
    size_t most = 0;
    *keys = (sw_config_keys){0};
    for (size_t s = 0; s < count; s++) most += sets[s]->count;
    keys->items = calloc(most + 1, sizeof *keys->items);
    if (!keys->items) return sw_fail_alloc("differing keys", most * sizeof *keys->items);
    for (size_t s = 0; s < count; s++) unite(keys, sets[s]);
    most = keys->count;
    keys->count = 0;
    for (size_t i = 0; i < most; i++)
        if (!agree(sets, count, keys->items[i]) && !left_open(sets, count, keys->items[i]))
            keys->items[keys->count++] = keys->items[i];
    return SW_OK;
}
