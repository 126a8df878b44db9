#include "ops/conv_cache.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/str.h"
#include "cl/gemm.h"
#include "cl/launch.h"

static const char format[] = "segwork convolution timings 1";

enum { MAX_FILE_BYTES = 16 << 20 };

/* --- where ----------------------------------------------------------------------------------- */

/* Everything that may change what is fastest, or what an engine computes. */
static sw_status identify(char **out, const sw_cl *cl, const char *program)
{
    const sw_device_info *d = sw_cl_device(cl);
    char kernels[SW_FINGERPRINT_BYTES];
    SW_ENSURE(sw_kernel_fingerprint(kernels));
    *out = sw_strf("%s, %u compute units; %s, %s, driver %s; segwork %s, kernels %s; gemm %s %016" PRIx64,
                   d->name, d->compute_units, d->platform_name, d->version, d->driver, program, kernels,
                   sw_gemm_params_origin(cl), sw_gemm_params_fingerprint(cl));
    return *out ? SW_OK : SW_E_MEMORY;
}

sw_status sw_conv_cache_open(sw_conv_cache *cache, const sw_cl *cl, const char *program)
{
    sw_status status = SW_OK;
    char *folder = NULL;
    *cache = (sw_conv_cache){.lock_fd = -1};
    SW_TRY(identify(&cache->identity, cl, program));
    SW_TRY(sw_fs_cache_folder(&folder));
    cache->path = sw_strf("%s/convolutions-%016llx.json", folder,
                          (unsigned long long)XXH64(cache->identity, strlen(cache->identity), 0));
    if (!cache->path) status = SW_E_MEMORY;
done:
    free(folder);
    return status;
}

void sw_conv_cache_close(sw_conv_cache *cache)
{
    if (cache->path && cache->lock_fd >= 0) close(cache->lock_fd);
    free(cache->path);
    free(cache->identity);
    *cache = (sw_conv_cache){.lock_fd = -1};
}

static sw_status wait_for_lock(const sw_conv_cache *cache, const volatile sig_atomic_t *stop)
{
    bool told = false;
    while (flock(cache->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return sw_fail(SW_E_IO, "cannot lock %s.lock: %s", cache->path, strerror(errno));
        if (stop && *stop)
            return sw_fail(SW_E_INTERRUPTED,
                           "interrupted while waiting to time convolutions: nothing was begun");
        if (!told)
            sw_log(SW_LOG_INFO, "waiting for another process that is timing convolutions on this device");
        told = true;
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    }
    return SW_OK;
}

/* Not the file itself is locked, for that is replaced; the lock file stays, and the lock goes with the
 * process. */
sw_status sw_conv_cache_lock(sw_conv_cache *cache, const volatile sig_atomic_t *stop)
{
    sw_status status = SW_OK;
    char *folder = sw_fs_dirname(cache->path), *path = sw_strf("%s.lock", cache->path);
    if (!folder || !path) {
        status = SW_E_MEMORY;
        goto done;
    }
    SW_TRY(sw_fs_make_cache_folder(folder));
    SW_TRY(sw_fs_open(&cache->lock_fd, path, O_RDWR | O_CREAT));
    SW_TRY(wait_for_lock(cache, stop));
done:
    free(folder);
    free(path);
    return status;
}

/* --- reading --------------------------------------------------------------------------------- */

static sw_status fail_content(const sw_conv_cache *cache, const char *what)
{
    return sw_fail(SW_E_DATA, "%s: %s", cache->path, what);
}

static bool read_size(int *out, const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 1 && item->valuedouble <= 1 << 20) ||
        item->valuedouble != floor(item->valuedouble))
        return false;
    *out = (int)item->valuedouble;
    return true;
}

/* A step of the window, which is written only where it is not 1. */
static bool read_step(int *out, const cJSON *object, const char *key)
{
    *out = 1;
    return !cJSON_HasObjectItem(object, key) || read_size(out, object, key);
}

static bool read_engine(sw_conv_choice *out, const char *name)
{
    return name && sw_conv_choice_named(out, name, strlen(name)) && *out != SW_CONV_AUTO;
}

/* {"engine": "winograd", "ms": {"winograd": 0.7, "gemm": 1.4, "clblast": null}}; null: refused. */
static bool read_verdict(sw_conv_verdict *out, const cJSON *object)
{
    const cJSON *times = cJSON_GetObjectItemCaseSensitive(object, "ms");
    if (!read_engine(&out->choice,
                     cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "engine"))) ||
        !cJSON_IsObject(times) || cJSON_GetArraySize(times) > SW_CONV_MAX_TRIALS)
        return false;
    for (const cJSON *time = times->child; time; time = time->next) {
        sw_conv_trial *trial = &out->trials[out->trial_count++];
        bool timed = cJSON_IsNumber(time) && time->valuedouble >= 0;
        if (!read_engine(&trial->engine, time->string) || !(timed || cJSON_IsNull(time))) return false;
        trial->ms = timed ? time->valuedouble : -1;
    }
    return true;
}

static bool read_row(sw_conv_row *row, const cJSON *object)
{
    *row = (sw_conv_row){0};
    bool good =
        read_size(&row->layer.kernel, object, "kernel") && read_size(&row->layer.in_channels, object, "in") &&
        read_size(&row->layer.out_channels, object, "out") &&
        read_size(&row->layer.height, object, "height") && read_size(&row->layer.width, object, "width") &&
        read_step(&row->layer.stride, object, "stride") &&
        read_step(&row->layer.dilation, object, "dilation");
    for (int p = 0; p < SW_CONV_PASSES && good; p++)
        good = read_verdict(&row->pass[p],
                            cJSON_GetObjectItemCaseSensitive(object, sw_conv_pass_name((sw_conv_pass)p)));
    return good;
}

static sw_status read_table(sw_conv_table *table, const sw_conv_cache *cache, const cJSON *root)
{
    const char *form = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, "format"));
    const char *identity = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, "device"));
    const cJSON *layers = cJSON_GetObjectItemCaseSensitive(root, "layers"), *object;
    if (!form || strcmp(form, format) != 0 || !cJSON_IsArray(layers))
        return fail_content(cache, "not a file of convolution timings");
    if (!identity || strcmp(identity, cache->identity) != 0)
        return fail_content(cache, "of another device, driver or program");
    cJSON_ArrayForEach(object, layers)
    {
        sw_conv_row row, *place;
        if (!read_row(&row, object))
            return fail_content(cache, "a layer in it is not as this program writes it");
        SW_ENSURE(sw_conv_table_add(&place, table, &row.layer));
        *place = row;
    }
    return SW_OK;
}

sw_status sw_conv_cache_load(sw_conv_table *table, const sw_conv_cache *cache)
{
    sw_status status = SW_OK;
    char *text = NULL;
    size_t length;
    cJSON *root = NULL;
    *table = (sw_conv_table){0};
    if (!sw_fs_exists(cache->path)) return SW_OK;
    if (!sw_fs_is_own(cache->path))
        return sw_fail(SW_E_DATA, "%s: it is another user's, or everybody may write it", cache->path);
    SW_TRY(sw_fs_read(&text, &length, cache->path, MAX_FILE_BYTES));
    root = cJSON_ParseWithLength(text, length);
    SW_TRY(sw_memory_status(cache->path));
    SW_TRY(read_table(table, cache, root));
done:
    if (status != SW_OK) sw_conv_table_deinit(table);
    cJSON_Delete(root);
    free(text);
    return status;
}

/* --- writing --------------------------------------------------------------------------------- */

static cJSON *verdict_json(const sw_conv_verdict *verdict)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "engine", sw_conv_choice_name(verdict->choice));
    cJSON *times = cJSON_AddObjectToObject(object, "ms");
    for (int i = 0; i < verdict->trial_count; i++) {
        const sw_conv_trial *trial = &verdict->trials[i];
        const char *name = sw_conv_choice_name(trial->engine);
        if (trial->ms < 0)
            cJSON_AddNullToObject(times, name);
        else
            cJSON_AddNumberToObject(times, name, round(trial->ms * 1e6) * 1e-6);
    }
    return object;
}

static cJSON *row_json(const sw_conv_row *row)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddNumberToObject(object, "kernel", row->layer.kernel);
    cJSON_AddNumberToObject(object, "in", row->layer.in_channels);
    cJSON_AddNumberToObject(object, "out", row->layer.out_channels);
    cJSON_AddNumberToObject(object, "height", row->layer.height);
    cJSON_AddNumberToObject(object, "width", row->layer.width);
    if (row->layer.stride != 1) cJSON_AddNumberToObject(object, "stride", row->layer.stride);
    if (row->layer.dilation != 1) cJSON_AddNumberToObject(object, "dilation", row->layer.dilation);
    for (int p = 0; p < SW_CONV_PASSES; p++)
        cJSON_AddItemToObject(object, sw_conv_pass_name((sw_conv_pass)p), verdict_json(&row->pass[p]));
    return object;
}

sw_status sw_conv_cache_save(const sw_conv_cache *cache, const sw_conv_table *table)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "format", format);
    cJSON_AddStringToObject(root, "device", cache->identity);
    cJSON *layers = cJSON_AddArrayToObject(root, "layers");
    for (int i = 0; i < table->count; i++)
        if (sw_conv_row_decided(&table->rows[i])) cJSON_AddItemToArray(layers, row_json(&table->rows[i]));
    char *text = cJSON_Print(root);
    cJSON_Delete(root);
    sw_status status = sw_memory_status("the timings as JSON");
    if (!text) return sw_fail_alloc("the timings as JSON", 0);
    if (status == SW_OK) status = sw_fs_write(cache->path, text, strlen(text));
    cJSON_free(text);
    return status;
}
