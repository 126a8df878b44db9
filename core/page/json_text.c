#include "page/json_text.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/utf8.h"

void sw_json_watch_memory(void)
{
    cJSON_InitHooks(&(cJSON_Hooks){.malloc_fn = sw_memory_alloc, .free_fn = free});
}

void sw_json_string(sw_str *out, const char *text)
{
    sw_str_append(out, "\"");
    while (*text) {
        const char *character;
        size_t bytes = sw_utf8_next(&character, &text);
        if (*character == '"' || *character == '\\')
            sw_str_printf(out, "\\%c", *character);
        else if (*character == '<' || *character == '&' || (unsigned char)*character < 0x20)
            sw_str_printf(out, "\\u%04x", (unsigned)*character);
        else
            sw_str_append_bytes(out, character, bytes);
    }
    sw_str_append(out, "\"");
}

void sw_json_number(sw_str *out, double value, int digits)
{
    if (isfinite(value))
        sw_str_printf(out, "%.*g", digits, value);
    else
        sw_str_append(out, "null");
}

struct cJSON *sw_json_add_text(struct cJSON *object, const char *key, const char *text)
{
    sw_str clean = {0};
    sw_utf8_append(&clean, text);
    cJSON *added = clean.failed ? NULL : cJSON_AddStringToObject(object, key, clean.text);
    sw_str_deinit(&clean);
    if (!added) sw_memory_note_lack();
    return added;
}

void sw_json_add_numbers(struct cJSON *object, const sw_json_pair *pairs)
{
    for (; pairs->key; pairs++) cJSON_AddNumberToObject(object, pairs->key, pairs->value);
}

sw_status sw_json_document(sw_str *out, const struct cJSON *root)
{
    char *text = cJSON_Print(root);
    sw_status status = sw_memory_status("a JSON document");
    if (!text) return sw_fail_alloc("a JSON document", 0);
    sw_utf8_append(out, text); /* names of files may be in any encoding, JSON is not */
    sw_str_append(out, "\n");
    cJSON_free(text);
    return status == SW_OK ? sw_str_status(out) : status;
}
