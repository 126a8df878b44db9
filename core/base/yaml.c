#include "base/yaml.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/array.h"
#include "base/fs.h"

typedef struct anchor {
    const char *name;
    int line;
    const sw_yaml_node *node; /* NULL while the value is still being read */
    size_t weight;            /* this node and those below it, each alias counted in full */
    int height;               /* levels below it, counted likewise */
    struct anchor *next;
} anchor;

typedef struct reader {
    yaml_parser_t yaml;
    sw_arena *arena;
    const char *source, *text;
    size_t length;
    bool whole_source; /* places are the source alone, without line and column */
    size_t nodes;      /* so far, each alias counted in full */
    int deepest;       /* deepest level of the value being read, likewise */
    anchor *anchors;
    /* Children of the collections being read, innermost last. At a collection's end they move to the arena.
     */
    sw_yaml_entry *pending;
    size_t pending_count;
} reader;

static sw_yaml_place place_of(const reader *r, yaml_mark_t mark)
{
    if (r->whole_source) return (sw_yaml_place){r->source, 0, 0};
    return (sw_yaml_place){r->source, (int)mark.line + 1, (int)mark.column + 1};
}

sw_status sw_yaml_fail(sw_yaml_place place, const char *fmt, ...)
{
    sw_str message = {0};
    va_list args;
    sw_yaml_place_append(&message, place);
    sw_str_append(&message, ": ");
    va_start(args, fmt);
    sw_str_vprintf(&message, fmt, args);
    va_end(args);
    sw_status status = sw_str_status(&message);
    if (status == SW_OK) status = sw_fail(SW_E_CONFIG, "%s", message.text);
    sw_str_deinit(&message);
    return status;
}

/* libyaml gives a byte offset and no mark for bytes that are not text. */
static yaml_mark_t mark_of_offset(const reader *r, size_t offset)
{
    yaml_mark_t mark = {0};
    for (size_t i = 0; i < offset && i < r->length; i++) {
        mark.column = r->text[i] == '\n' ? 0 : mark.column + 1;
        if (r->text[i] == '\n') mark.line++;
    }
    return mark;
}

static sw_status syntax_failure(const reader *r)
{
    const yaml_parser_t *yaml = &r->yaml;
    if (yaml->error == YAML_MEMORY_ERROR) return sw_fail_alloc(r->source, r->length);
    const char *problem = yaml->problem ? yaml->problem : "this is not YAML";
    if (yaml->error == YAML_READER_ERROR)
        return sw_yaml_fail(place_of(r, mark_of_offset(r, yaml->problem_offset)), "%s", problem);
    sw_yaml_place place = place_of(r, yaml->problem_mark);
    if (yaml->context && !r->whole_source)
        return sw_yaml_fail(place, "%s, %s that begins at line %zu, column %zu", problem, yaml->context,
                            yaml->context_mark.line + 1, yaml->context_mark.column + 1);
    return sw_yaml_fail(place, "%s", problem);
}

static sw_status next_event(reader *r, yaml_event_t *event)
{
    return yaml_parser_parse(&r->yaml, event) ? SW_OK : syntax_failure(r);
}

static sw_status push_pending(reader *r, sw_yaml_entry child)
{
    SW_ENSURE(SW_ARRAY_GROW(r->pending, r->pending_count, r->source));
    r->pending[r->pending_count++] = child;
    return SW_OK;
}

static sw_status count_nodes(reader *r, size_t more, sw_yaml_place place)
{
    r->nodes += more;
    if (r->nodes > SW_YAML_MAX_NODES)
        return sw_yaml_fail(place, "more than %d values, with every alias counted in full",
                            SW_YAML_MAX_NODES);
    return SW_OK;
}

static anchor *find_anchor(const reader *r, const char *name)
{
    anchor *a = r->anchors;
    while (a && strcmp(a->name, name) != 0) a = a->next;
    return a;
}

/* *out is NULL when the value has no anchor. */
static sw_status open_anchor(reader *r, anchor **out, const yaml_char_t *name, sw_yaml_place place)
{
    *out = NULL;
    if (!name) return SW_OK;
    const anchor *known = find_anchor(r, (const char *)name);
    if (known)
        return sw_yaml_fail(place, "anchor '&%s' is given twice; the first is at line %d", name, known->line);
    anchor *a = sw_arena_alloc(r->arena, sizeof *a);
    char *copy = sw_arena_strdup(r->arena, (const char *)name);
    if (!a || !copy) return SW_E_MEMORY;
    *a = (anchor){.name = copy, .line = place.line, .next = r->anchors};
    r->anchors = a;
    *out = a;
    return SW_OK;
}

static sw_status reach_depth(reader *r, int depth, sw_yaml_place place)
{
    if (depth > r->deepest) r->deepest = depth;
    if (depth > SW_YAML_MAX_DEPTH)
        return sw_yaml_fail(place, "nested deeper than %d levels", SW_YAML_MAX_DEPTH);
    return SW_OK;
}

static sw_status read_alias(reader *r, const sw_yaml_node **out, const yaml_event_t *event, int depth)
{
    sw_yaml_place place = place_of(r, event->start_mark);
    const char *name = (const char *)event->data.alias.anchor;
    const anchor *a = find_anchor(r, name);
    if (!a)
        return sw_yaml_fail(place, "unknown alias '*%s': no value before it has the anchor '&%s'", name,
                            name);
    if (!a->node) return sw_yaml_fail(place, "alias '*%s' is inside the value that it names", name);
    *out = a->node;
    sw_status status = reach_depth(r, depth + a->height, place);
    return status == SW_OK ? count_nodes(r, a->weight, place) : status;
}

static sw_status copy_text(reader *r, const char **out, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    if (strlen(text) != event->data.scalar.length)
        return sw_yaml_fail(place_of(r, event->start_mark), "a text must not contain the character NUL");
    *out = sw_arena_strdup(r->arena, text);
    return *out ? SW_OK : SW_E_MEMORY;
}

static sw_status read_node(reader *r, const sw_yaml_node **out, const yaml_event_t *event, int depth);

static sw_status read_key(reader *r, sw_yaml_entry *child, const yaml_event_t *event, size_t first)
{
    sw_yaml_place place = place_of(r, event->start_mark);
    if (event->type != YAML_SCALAR_EVENT || event->data.scalar.anchor || event->data.scalar.tag)
        return sw_yaml_fail(place, "a mapping's key must be a plain text, without anchor, alias or tag");
    child->key_place = place;
    sw_status status = copy_text(r, &child->key, event);
    if (status == SW_OK && strcmp(child->key, "<<") == 0 &&
        event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        return sw_yaml_fail(
            place,
            "merge keys (<<) are not read; 'include' combines files, and an alias repeats a whole value");
    for (size_t i = first; status == SW_OK && i < r->pending_count; i++)
        if (strcmp(r->pending[i].key, child->key) == 0)
            return place.line ? sw_yaml_fail(place, "duplicate key '%s'; the first is at line %d", child->key,
                                             r->pending[i].key_place.line)
                              : sw_yaml_fail(place, "duplicate key '%s'", child->key);
    return status;
}

/* Reads the items of a sequence, or the keys and values of a mapping, up to its end. */
static sw_status read_children(reader *r, sw_yaml_kind kind, int depth)
{
    size_t first = r->pending_count;
    for (;;) {
        yaml_event_t event;
        sw_yaml_entry child = {0};
        sw_status status = SW_OK;
        SW_ENSURE(next_event(r, &event));
        bool end = event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT;
        if (!end && kind == SW_YAML_MAPPING) {
            status = read_key(r, &child, &event, first);
            yaml_event_delete(&event);
            if (status == SW_OK) status = next_event(r, &event);
            if (status != SW_OK) return status;
        }
        if (!end) status = read_node(r, &child.value, &event, depth + 1);
        yaml_event_delete(&event);
        if (status != SW_OK || end) return status;
        SW_ENSURE(push_pending(r, child));
    }
}

/* Moves the children from `first` on into the node. */
static sw_status adopt_children(reader *r, sw_yaml_node *node, size_t first)
{
    size_t count = r->pending_count - first;
    node->count = count;
    r->pending_count = first;
    if (count == 0) return SW_OK;
    const sw_yaml_entry *children = r->pending + first;
    if (node->kind == SW_YAML_MAPPING) {
        sw_yaml_entry *entries = sw_arena_alloc(r->arena, count * sizeof *entries);
        if (!entries) return SW_E_MEMORY;
        memcpy(entries, children, count * sizeof *entries);
        node->entries = entries;
    } else {
        const sw_yaml_node **items = sw_arena_alloc(r->arena, count * sizeof(const sw_yaml_node *));
        if (!items) return SW_E_MEMORY;
        for (size_t i = 0; i < count; i++) items[i] = children[i].value;
        node->items = items;
    }
    return SW_OK;
}

static sw_status read_node(reader *r, const sw_yaml_node **out, const yaml_event_t *event, int depth)
{
    sw_yaml_place place = place_of(r, event->start_mark);
    size_t nodes_before = r->nodes, first = r->pending_count;
    const yaml_char_t *anchor_name = NULL, *tag = NULL;
    anchor *own = NULL;
    sw_yaml_node *node = NULL;

    if (event->type == YAML_ALIAS_EVENT) return read_alias(r, out, event, depth);
    int deepest_before = r->deepest;
    r->deepest = 0;
    SW_ENSURE(reach_depth(r, depth, place));
    SW_ENSURE(count_nodes(r, 1, place));
    node = sw_arena_alloc(r->arena, sizeof *node);
    if (!node) return SW_E_MEMORY;
    node->place = place;
    if (event->type == YAML_SCALAR_EVENT) {
        node->kind = SW_YAML_SCALAR;
        node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
        anchor_name = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        node->kind = SW_YAML_SEQUENCE;
        anchor_name = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
    } else {
        assert(event->type == YAML_MAPPING_START_EVENT);
        node->kind = SW_YAML_MAPPING;
        anchor_name = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
    }
    if (tag)
        return sw_yaml_fail(place, "tags ('%s') are not used here: the schema knows each value's type", tag);
    SW_ENSURE(open_anchor(r, &own, anchor_name, place));
    if (node->kind == SW_YAML_SCALAR)
        SW_ENSURE(copy_text(r, &node->text, event));
    else
        SW_ENSURE(read_children(r, node->kind, depth));
    SW_ENSURE(adopt_children(r, node, first));
    if (own) {
        own->node = node;
        own->weight = r->nodes - nodes_before;
        own->height = r->deepest - depth;
    }
    if (deepest_before > r->deepest) r->deepest = deepest_before;
    *out = node;
    return SW_OK;
}

/* Stream start, then nothing or one document, then stream end. */
static sw_status read_stream(reader *r, const sw_yaml_node **out)
{
    yaml_event_t event;
    SW_ENSURE(next_event(r, &event)); /* stream start: holds no memory */
    SW_ENSURE(next_event(r, &event));
    bool empty = event.type == YAML_STREAM_END_EVENT;
    yaml_event_delete(&event);
    if (empty) {
        sw_yaml_node *node = sw_arena_alloc(r->arena, sizeof *node);
        if (!node) return SW_E_MEMORY;
        *node = (sw_yaml_node){
            .kind = SW_YAML_SCALAR, .place = place_of(r, (yaml_mark_t){0}), .text = "", .quoted = false};
        *out = node;
        return SW_OK;
    }
    SW_ENSURE(next_event(r, &event));
    sw_status status = read_node(r, out, &event, 0);
    yaml_event_delete(&event);
    SW_ENSURE(status);
    SW_ENSURE(next_event(r, &event)); /* document end */
    yaml_event_delete(&event);
    SW_ENSURE(next_event(r, &event));
    if (event.type != YAML_STREAM_END_EVENT)
        status =
            sw_yaml_fail(place_of(r, event.start_mark), "a second document begins here; a file has only one");
    yaml_event_delete(&event);
    return status;
}

static sw_status parse(const sw_yaml_node **out, sw_arena *arena, const char *text, size_t length,
                       const char *source, bool whole_source)
{
    reader r = {.arena = arena, .text = text, .length = length, .whole_source = whole_source};
    *out = NULL;
    r.source = sw_arena_strdup(arena, source); /* places outlive the caller's string */
    if (!r.source) return SW_E_MEMORY;
    if (length > SW_YAML_MAX_BYTES)
        return sw_fail(SW_E_CONFIG, "%s: %zu bytes, more than the %d a configuration may have", source,
                       length, SW_YAML_MAX_BYTES);
    if (!yaml_parser_initialize(&r.yaml)) return sw_fail_alloc("the YAML parser", sizeof r.yaml);
    yaml_parser_set_input_string(&r.yaml, (const unsigned char *)text, length);
    sw_status status = read_stream(&r, out);
    yaml_parser_delete(&r.yaml);
    free(r.pending);
    if (status != SW_OK) *out = NULL;
    return status;
}

sw_status sw_yaml_parse_text(const sw_yaml_node **out, sw_arena *arena, const char *text, size_t length,
                             const char *source)
{
    return parse(out, arena, text, length, source, false);
}

sw_status sw_yaml_parse_value(const sw_yaml_node **out, sw_arena *arena, const char *text, const char *source)
{
    return parse(out, arena, text, strlen(text), source, true);
}

sw_status sw_yaml_parse_file(const sw_yaml_node **out, sw_arena *arena, const char *path)
{
    char *text = NULL;
    size_t length = 0;
    *out = NULL;
    sw_status status = sw_fs_read(&text, &length, path, SW_YAML_MAX_BYTES);
    if (status == SW_E_DATA) return SW_E_CONFIG; /* too large: the message says so */
    if (status != SW_OK) return status;
    status = parse(out, arena, text, length, path, false);
    free(text);
    return status;
}

const sw_yaml_entry *sw_yaml_entry_get(const sw_yaml_node *node, const char *key)
{
    if (!node || node->kind != SW_YAML_MAPPING) return NULL;
    for (size_t i = 0; i < node->count; i++)
        if (strcmp(node->entries[i].key, key) == 0) return &node->entries[i];
    return NULL;
}

static const sw_yaml_node *child_at(const sw_yaml_node *node, const char *key)
{
    if (node->kind == SW_YAML_SEQUENCE) {
        char *end = NULL;
        unsigned long index = strtoul(key, &end, 10);
        return key[0] >= '0' && key[0] <= '9' && *end == '\0' && index < node->count ? node->items[index]
                                                                                     : NULL;
    }
    const sw_yaml_entry *entry = sw_yaml_entry_get(node, key);
    return entry ? entry->value : NULL;
}

const sw_yaml_node *sw_yaml_find(const sw_yaml_node *node, const char *path)
{
    char part[128];
    while (node && *path) {
        size_t length = strcspn(path, ".");
        if (length >= sizeof part) return NULL;
        memcpy(part, path, length);
        part[length] = '\0';
        node = child_at(node, part);
        path += length + (path[length] == '.');
    }
    return node;
}

bool sw_yaml_is_null(const sw_yaml_node *node)
{
    static const char *const spellings[] = {"", "~", "null", "Null", "NULL"};
    if (node->kind != SW_YAML_SCALAR || node->quoted) return false;
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
        if (strcmp(node->text, spellings[i]) == 0) return true;
    return false;
}

bool sw_yaml_number(double *out, const sw_yaml_node *node)
{
    if (node->kind != SW_YAML_SCALAR || node->quoted) return false;
    /* strtod also takes hex, nan and infinity, none of which is a number here */
    if (!*node->text || strspn(node->text, "+-.0123456789eE") != strlen(node->text)) return false;
    char *end = NULL;
    *out = strtod(node->text, &end);
    return *end == '\0' && isfinite(*out);
}

void sw_yaml_place_append(sw_str *out, sw_yaml_place place)
{
    sw_str_append(out, place.source);
    if (place.line > 0) sw_str_printf(out, ":%d:%d", place.line, place.column);
}
