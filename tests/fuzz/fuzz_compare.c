/* Two runs side by side, and a run beside an experiment that was not run: of what was accepted every format
 * can be written, and JSON is valid. */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "fuzz.h"
#include "study/compare.h"

static const char *const names[] = {
    "a/config.yaml",   "a/manifest.json", "a/steps.jsonl",   "a/metrics.jsonl", "b/config.yaml",
    "b/manifest.json", "b/steps.jsonl",   "b/metrics.jsonl", "c.yaml",          NULL};

static void write_formats(const sw_comparison *comparison)
{
    for (int format = SW_COMPARE_TEXT; format <= SW_COMPARE_CSV; format++) {
        sw_str text = {0};
        char *taken;
        fuzz_expect(sw_comparison_write(&text, comparison, (sw_compare_format)format) == SW_OK &&
                        sw_str_take(&taken, &text) == SW_OK,
                    "what was opened can be written");
        if (format == SW_COMPARE_JSON) {
            cJSON *json = cJSON_Parse(taken);
            fuzz_expect(json != NULL, "JSON is valid");
            cJSON_Delete(json);
        }
        free(taken);
    }
}

static void compare(const char *const *paths, size_t count, const char *rank)
{
    static const char *const all[] = {"all", NULL};
    const sw_compare_options options = {.rank = rank, .each_epoch = all};
    sw_comparison *comparison = NULL;
    if (sw_comparison_open(&comparison, paths, count, &options) == SW_OK)
        write_formats(comparison);
    else
        fuzz_expect(strlen(sw_error_message()) > 0, "a failure has a message");
    sw_comparison_close(comparison);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    const char *folder = fuzz_folder(bytes, length, names);
    char *a = sw_fs_join(folder, "a"), *b = sw_fs_join(folder, "b"), *c = sw_fs_join(folder, "c.yaml");
    const char *const paths[] = {a, b, c};
    compare(paths, 1, NULL);
    compare(paths, 2, NULL);
    compare(paths, 2, "miou");
    compare(paths + 1, 2, NULL);
    compare(&folder, 1, NULL);
    free(a);
    free(b);
    free(c);
    return 0;
}
