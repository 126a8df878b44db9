/* YAML as a tree with places: each node and each key has its file:line:column, so that a message can name the
 * place of a wrong value long after it was read.
 *
 * Accepted: one document of scalars, sequences and mappings with text keys, anchors and aliases. Refused,
 * with the place: several documents, tags, duplicate keys, unknown aliases, an alias inside the value it
 * names, nesting deeper than SW_YAML_MAX_DEPTH, files over SW_YAML_MAX_BYTES, and more than SW_YAML_MAX_NODES
 * nodes with every alias counted in full. Syntax errors come in libyaml's words. */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"

enum { SW_YAML_MAX_DEPTH = 32, SW_YAML_MAX_NODES = 20000, SW_YAML_MAX_BYTES = 1 << 20 };

typedef struct sw_yaml_place {
    const char *source; /* the file as messages name it, or another source ("--set optimizer.lr=1") */
    int line, column;   /* from 1; line 0: only the source is known */
} sw_yaml_place;

typedef enum sw_yaml_kind { SW_YAML_SCALAR, SW_YAML_SEQUENCE, SW_YAML_MAPPING } sw_yaml_kind;

typedef struct sw_yaml_node sw_yaml_node;

typedef struct sw_yaml_entry {
    const char *key;
    sw_yaml_place key_place;
    const sw_yaml_node *value;
} sw_yaml_entry;

/* Read-only, since aliases share the node they name. Lives in the arena it was parsed into. */
struct sw_yaml_node {
    sw_yaml_kind kind;
    sw_yaml_place place;
    const char *text; /* scalar: its text, without escapes and quotes */
    bool quoted;      /* scalar: written in quotes or as a block, so it is text whatever it looks like */
    size_t count;     /* sequence: items, mapping: entries, in the order of the file */
    const sw_yaml_node *const *items;
    const sw_yaml_entry *entries;
};

/* Parses a file. An empty document is the plain scalar "" at 1:1. SW_E_CONFIG with the place for everything
 * wrong with the content, SW_E_IO when it can't be read. */
sw_status sw_yaml_parse_file(const sw_yaml_node **out, sw_arena *arena, const char *path) SW_NODISCARD;

/* Does the same from memory; messages call it `source`. */
sw_status sw_yaml_parse_text(const sw_yaml_node **out, sw_arena *arena, const char *text, size_t length,
                             const char *source) SW_NODISCARD;

/* Does the same for a single value given outside a file; all its nodes get the place {source, 0, 0}. */
sw_status sw_yaml_parse_value(const sw_yaml_node **out, sw_arena *arena, const char *text,
                              const char *source) SW_NODISCARD;

/* Returns the entry of a mapping, or NULL when there is none or `node` is no mapping (or NULL). */
const sw_yaml_entry *sw_yaml_entry_get(const sw_yaml_node *node, const char *key);

/* Returns the value at a dotted path, list items by number from 0 ("model.encoder.0.width"), or NULL. */
const sw_yaml_node *sw_yaml_find(const sw_yaml_node *node, const char *path);

/* Tells whether a value is empty, null, Null, NULL or ~, unquoted. */
bool sw_yaml_is_null(const sw_yaml_node *node);

/* Reads the finite decimal number that an unquoted scalar spells; false: it is none. */
bool sw_yaml_number(double *out, const sw_yaml_node *node);

/* Appends a value as YAML in flow style that reads back to the same; further lines are indented by so many
 * columns. */
void sw_yaml_append(sw_str *out, const sw_yaml_node *node, int indent);

/* Returns SW_E_CONFIG, with the place before the message. */
sw_status sw_yaml_fail(sw_yaml_place place, const char *fmt, ...) SW_PRINTF(2, 3);

/* Appends "file:3:7", or the source alone. */
void sw_yaml_place_append(sw_str *out, sw_yaml_place place);

#endif
