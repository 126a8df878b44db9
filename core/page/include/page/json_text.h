/* Texts and numbers of JSON from any bytes: what is no UTF-8 becomes U+FFFD. */
#ifndef PAGE_JSON_TEXT_H
#define PAGE_JSON_TEXT_H

#include "base/str.h"

struct cJSON;

/* Appends a quoted string that may stand inside a <script> too: < and & are written as \u003c and \u0026. */
void sw_json_string(sw_str *out, const char *text);

/* Appends a number: null where it is NaN or infinite. `digits` are significant ones. */
void sw_json_number(sw_str *out, double value, int digits);

/* cJSON_AddStringToObject for any bytes; NULL when memory is out. */
struct cJSON *sw_json_add_text(struct cJSON *object, const char *key, const char *text);

/* A key and its number. */
typedef struct sw_json_pair {
    const char *key;
    double value;
} sw_json_pair;

/* Adds numbers to an object: SW_JSON_ADD_NUMBERS(object, {"steps", steps}, {"ms", 1.5}). */
#define SW_JSON_ADD_NUMBERS(object, ...)                                                                     \
    sw_json_add_numbers(object, (const sw_json_pair[]){__VA_ARGS__, {NULL, 0}})
/* The function behind it: the pairs end with one whose key is NULL. */
void sw_json_add_numbers(struct cJSON *object, const sw_json_pair *pairs);

/* Makes cJSON allocate by base/memory.h: from now on a document is refused where a part of it is missing for
 * lack of memory, and one that could not be read for the same reason is not called damaged. To be called
 * once, before the first one. */
void sw_json_watch_memory(void);

/* Appends a whole document and a newline. SW_E_MEMORY, also where `root` is NULL. */
sw_status sw_json_document(sw_str *out, const struct cJSON *root) SW_NODISCARD;

#endif
