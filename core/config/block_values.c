#include "block_values.h"

#include <string.h>

static const sw_yaml_node *fill_in_list(sw_arena *arena, const sw_yaml_node *values, const sw_yaml_node *node)
{
    sw_yaml_node *copy = sw_arena_alloc(arena, sizeof *copy);
    const sw_yaml_node **items = sw_arena_alloc(arena, (node->count + 1) * sizeof(const sw_yaml_node *));
    if (!copy || !items) return NULL;
    for (size_t i = 0; i < node->count; i++)
        if (!(items[i] = block_fill_in(arena, values, node->items[i]))) return NULL;
    *copy = *node;
    copy->items = items;
    return copy;
}

static const sw_yaml_node *fill_in_mapping(sw_arena *arena, const sw_yaml_node *values,
                                           const sw_yaml_node *node)
{
    sw_yaml_node *copy = sw_arena_alloc(arena, sizeof *copy);
    sw_yaml_entry *entries = sw_arena_alloc(arena, (node->count + 1) * sizeof *entries);
    if (!copy || !entries) return NULL;
    for (size_t i = 0; i < node->count; i++) {
        entries[i] = node->entries[i];
        if (!(entries[i].value = block_fill_in(arena, values, node->entries[i].value))) return NULL;
    }
    *copy = *node;
    copy->entries = entries;
    return copy;
}

const sw_yaml_node *block_fill_in(sw_arena *arena, const sw_yaml_node *values, const sw_yaml_node *node)
{
    if (!values) return node;
    if (node->kind == SW_YAML_SEQUENCE) return fill_in_list(arena, values, node);
    if (node->kind == SW_YAML_MAPPING) return fill_in_mapping(arena, values, node);
    if (node->text[0] != '$') return node;
    const sw_yaml_entry *entry = sw_yaml_entry_get(values, node->text + 1);
    return entry ? entry->value : node;
}

typedef struct key_search {
    const sw_yaml_node *values;
    const char *wanted; /* a key: is it used at all? NULL: none in particular */
    bool found;
    const char *missing; /* the first key of the block that has no value */
} key_search;

/* Looks at every `$key` in the node. */
static void search_keys(key_search *search, const sw_yaml_node *node)
{
    for (size_t i = 0; i < node->count; i++)
        search_keys(search, node->kind == SW_YAML_SEQUENCE ? node->items[i] : node->entries[i].value);
    if (node->kind != SW_YAML_SCALAR || node->text[0] != '$') return;
    const char *key = node->text + 1;
    if (search->wanted && strcmp(key, search->wanted) == 0) search->found = true;
    if (!search->missing && !sw_yaml_entry_get(search->values, key)) search->missing = key;
}

bool block_check_values(sw_problems *problems, const char *block, const sw_yaml_node *body,
                        const sw_yaml_node *values)
{
    const int before = problems->count;
    key_search all = {.values = values};
    search_keys(&all, body);
    if (all.missing)
        sw_problems_add(problems, values->place, "block '%.60s' needs '%.60s', which it uses as $%.60s",
                        block, all.missing, all.missing);
    for (size_t i = 0; i < values->count; i++) {
        const sw_yaml_entry *entry = &values->entries[i];
        key_search one = {.values = values, .wanted = entry->key};
        search_keys(&one, body);
        if (!one.found)
            sw_problems_add(problems, entry->key_place,
                            "unknown key '%.60s': nothing in block '%.60s' uses $%.60s", entry->key, block,
                            entry->key);
    }
    return problems->count == before;
}
