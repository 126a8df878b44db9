#include "run_config.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/fs.h"
#include "base/log.h"
#include "config/config_values.h"
#include "page/json_text.h"
#include "run/run_json.h"
#include "run_session.h"

enum { MAX_CONFIG_BYTES = 1 << 20, MAX_SHOWN = 8, CRC_BYTES = 9 };

/* In the manifest. */
static const char noted[] = "config", checksum[] = "crc32c", checksum_before[] = "crc32c_before",
                  values_of[] = "values", epochs_list[] = "train_epochs";

static sw_experiment resolved(const sw_run_session *s)
{
    sw_experiment x = *s->experiment;
    x.runtime.conv_layers = s->engines.pins;
    return x;
}

sw_status run_config_text(sw_str *out, const sw_run_session *s)
{
    const sw_experiment x = resolved(s);
    sw_experiment_dump_yaml(out, &x, false);
    return sw_str_status(out);
}

static void print_crc(char out[CRC_BYTES], const char *text)
{
    snprintf(out, CRC_BYTES, "%08x", sw_crc32c(text, strlen(text)));
}

/* --- noting ------------------------------------------------------------------------------------ */

/* Keeps the earlier checksum: a process may be killed after the manifest is written and before config.yaml
 * is. */
static sw_status note_values(sw_run_session *s, const char *text)
{
    char crc[CRC_BYTES], before[CRC_BYTES] = "";
    const cJSON *old = sw_json_member(s->manifest, noted);
    const sw_experiment x = resolved(s);
    sw_config_values values;
    snprintf(before, sizeof before, "%s", sw_json_text_of(old, checksum));
    print_crc(crc, text);
    cJSON_DeleteItemFromObjectCaseSensitive(s->manifest, noted);
    cJSON *config = cJSON_AddObjectToObject(s->manifest, noted);
    cJSON_AddStringToObject(config, checksum, crc);
    if (*before) cJSON_AddStringToObject(config, checksum_before, before);
    SW_ENSURE(sw_config_values_read(&values, &x));
    cJSON *list = cJSON_AddObjectToObject(config, values_of);
    for (size_t i = 0; i < values.count; i++)
        sw_json_add_text(list, values.items[i].key, values.items[i].value);
    sw_config_values_deinit(&values);
    return SW_OK;
}

/* The experiment of a resumed run comes from its config.yaml; what does not was given now. */
static sw_status note_origins(sw_run_session *s)
{
    static const char given[] = "--set ";
    cJSON *origins = cJSON_GetObjectItemCaseSensitive(s->manifest, "origins");
    sw_config_values values;
    if (!origins) return SW_OK;
    SW_ENSURE(sw_config_values_read(&values, s->experiment));
    for (size_t i = 0; i < values.count; i++) {
        const sw_config_value *v = &values.items[i];
        if (!v->origin || strncmp(v->origin, given, sizeof given - 1) != 0) continue;
        cJSON_DeleteItemFromObjectCaseSensitive(origins, v->key);
        sw_json_add_text(origins, v->key, v->origin);
    }
    sw_config_values_deinit(&values);
    return SW_OK;
}

static void note_epochs(sw_run_session *s)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(s->manifest, epochs_list);
    const int from = s->state.epochs_done + 1;
    if (!list) list = cJSON_AddArrayToObject(s->manifest, epochs_list);
    for (int i = cJSON_GetArraySize(list) - 1; i >= 0; i--)
        if (sw_json_number_of(cJSON_GetArrayItem(list, i), "from") >= from)
            cJSON_DeleteItemFromArray(list, i); /* no epoch was finished under that number */
    cJSON *item = cJSON_CreateObject();
    SW_JSON_ADD_NUMBERS(item, {"from", from}, {"epochs", s->experiment->train.epochs});
    cJSON_AddItemToArray(list, item);
}

sw_status run_config_note(sw_run_session *s, const char *text)
{
    if (s->options->resume) SW_ENSURE(note_origins(s));
    note_epochs(s);
    return note_values(s, text);
}

/* --- checking ---------------------------------------------------------------------------------- */

typedef struct difference_list {
    sw_str text;
    int count;
} difference_list;

static void add_difference(difference_list *list, const char *key, const char *was, const char *is)
{
    if (list->count++ < MAX_SHOWN)
        sw_str_printf(&list->text, "%s%s is %.60s and was %.60s", list->count > 1 ? "; " : "", key, is, was);
}

/* Compares the file's values with those noted. Keys that only one of two versions of the program has count
 * for nothing. */
static sw_status find_edits(difference_list *edits, const cJSON *values, const sw_experiment *file)
{
    sw_config_values now;
    SW_ENSURE(sw_config_values_read(&now, file));
    for (size_t i = 0; i < now.count; i++) {
        const char *was = cJSON_GetStringValue(sw_json_member(values, now.items[i].key));
        if (was && strcmp(was, now.items[i].value) != 0)
            add_difference(edits, now.items[i].key, was, now.items[i].value);
    }
    sw_config_values_deinit(&now);
    return SW_OK;
}

static sw_status fail_edited(const sw_run_session *s, difference_list *edits)
{
    const char *path = s->folder->path;
    if (edits->count > MAX_SHOWN) sw_str_printf(&edits->text, "; and %d more", edits->count - MAX_SHOWN);
    return sw_fail(SW_E_CONFIG,
                   "%s was edited since the run wrote it: %s. A run goes on as it began: put the old values "
                   "back. For more epochs: segwork run --resume %s --set train.epochs=N. For anything else "
                   "begin a new run from its weights: segwork run EXPERIMENT.yaml --set "
                   "init.from=%s/checkpoints/last.safetensors",
                   s->folder->config, sw_str_text(&edits->text), path, path);
}

/* Whether the text of config.yaml is one that the run wrote. */
static sw_status is_own_text(bool *own, const sw_run_session *s, const cJSON *config)
{
    char *text;
    size_t length;
    char crc[CRC_BYTES];
    SW_ENSURE(sw_fs_read(&text, &length, s->folder->config, MAX_CONFIG_BYTES));
    print_crc(crc, text);
    *own = strcmp(crc, sw_json_text_of(config, checksum)) == 0 ||
           strcmp(crc, sw_json_text_of(config, checksum_before)) == 0;
    free(text);
    return SW_OK;
}

static sw_status find_reconfigured(sw_run_session *s, const sw_experiment *file)
{
    sw_config_values values[2] = {{0}};
    sw_config_keys keys = {0};
    sw_status status = SW_OK;
    SW_TRY(sw_config_values_read(&values[0], file));
    SW_TRY(sw_config_values_read(&values[1], s->experiment));
    const sw_config_values *const both[] = {&values[0], &values[1]};
    SW_TRY(sw_config_differing(&keys, both, 2));
    s->reconfigured = keys.count > 0;
    s->epochs_before = file->train.epochs;
done:
    free(keys.items);
    sw_config_values_deinit(&values[0]);
    sw_config_values_deinit(&values[1]);
    return status;
}

sw_status run_config_check(sw_run_session *s)
{
    sw_status status = SW_OK;
    const cJSON *config = sw_json_member(s->manifest, noted);
    sw_experiment *file = NULL;
    difference_list edits = {0};
    bool own = true;
    if (config) SW_TRY(is_own_text(&own, s, config));
    SW_TRY(sw_experiment_load_run(&file, s->folder->config, NULL));
    if (!own) SW_TRY(find_edits(&edits, sw_json_member(config, values_of), file));
    if (edits.count > 0) SW_TRY(fail_edited(s, &edits));
    SW_TRY(find_reconfigured(s, file));
done:
    sw_experiment_destroy(file);
    sw_str_deinit(&edits.text);
    return status;
}

sw_status run_config_check_epochs(const sw_run_session *s)
{
    const int epochs = s->experiment->train.epochs, done = s->state.epochs_done;
    if (!s->reconfigured || epochs == s->epochs_before) return SW_OK;
    if (epochs < done || (epochs == done && s->state.steps_in_epoch > 0))
        return sw_fail(SW_E_USAGE, "--set train.epochs=%d: the run has done %d epochs%s already", epochs,
                       done, s->state.steps_in_epoch > 0 ? " and a part of the next" : "");
    sw_log(SW_LOG_INFO, "train.epochs is %d instead of %d from epoch %d on, and the learning rate follows it",
           epochs, s->epochs_before, done + 1);
    return SW_OK;
}
