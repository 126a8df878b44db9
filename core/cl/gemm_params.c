#include "gemm_params.h"

#include <cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/str.h"
#include "context.h"

/* CLBlast's single-precision kernels that a GEMM uses, with the parameters each needs. */
static const sw_gemm_params TEMPLATE = {{
    {"Xgemm",
     16,
     {"GEMMK", "KREG", "KWG", "KWI", "MDIMA", "MDIMC", "MWG", "NDIMB", "NDIMC", "NWG", "SA", "SB", "STRM",
      "STRN", "VWM", "VWN"},
     {0}},
    {"XgemmDirect",
     10,
     {"KWID", "MDIMAD", "MDIMCD", "NDIMBD", "NDIMCD", "PADA", "PADB", "VWMD", "VWND", "WGD"},
     {0}},
    {"GemmRoutine", 1, {"XGEMM_MIN_INDIRECT_SIZE"}, {0}},
    {"Copy", 4, {"COPY_DIMX", "COPY_DIMY", "COPY_VW", "COPY_WPT"}, {0}},
    {"Pad", 4, {"PAD_DIMX", "PAD_DIMY", "PAD_WPTX", "PAD_WPTY"}, {0}},
    {"Transpose", 4, {"TRA_DIM", "TRA_PAD", "TRA_SHUFFLE", "TRA_WPT"}, {0}},
    {"Padtranspose", 3, {"PADTRA_PAD", "PADTRA_TILE", "PADTRA_WPT"}, {0}},
}};

/* Values of the other kernels, the same for each class below, in the order of TEMPLATE's names. */
static const size_t COMMON[SW_GEMM_KERNELS][SW_GEMM_MAX_PARAMS] = {
    {0}, {2, 8, 8, 8, 8, 1, 1, 4, 4, 32}, {16}, {8, 8, 4, 1}, {64, 1, 1, 1}, {2, 0, 0, 8}, {0, 16, 1},
};

/* PoCL: a work-item keeps a tile of C in registers and reads both operands as they lie; 16 x 16 floats fit
 * AVX-512's 32 registers, 8 x 8 fit the 16 of AVX2. This is outside the space that CLBlast's tuner searches.
 * Measured with PoCL 3.1 on two Zen 5 cores, 4096x256x2304: 310 GFLOP/s with 16 x 16, 145 with 8 x 8, 110
 * with the best that the tuner finds, 15 to 20 with CLBlast's own choice. The first class that fits is taken.
 */
static const struct {
    const char *name;
    uint32_t float_vector; /* at least this native width */
    size_t xgemm[SW_GEMM_MAX_PARAMS];
} CLASSES[] = {
    {"PoCL CPU, 16-wide", 16, {1, 1, 1, 1, 1, 1, 16, 1, 1, 16, 0, 0, 0, 0, 16, 1}},
    {"PoCL CPU", 1, {1, 1, 1, 1, 2, 2, 16, 2, 2, 16, 0, 0, 0, 0, 8, 1}},
};

const char *sw_gemm_params_builtin(sw_gemm_params *out, const sw_device_info *device)
{
    bool pocl = strcmp(device->platform_name, SW_POCL_NAME) == 0;
    if (!pocl || !(device->type & CL_DEVICE_TYPE_CPU)) return NULL;
    for (size_t i = 0; i < sizeof CLASSES / sizeof CLASSES[0]; i++) {
        if (device->float_vector < CLASSES[i].float_vector) continue;
        *out = TEMPLATE;
        for (size_t k = 0; k < SW_GEMM_KERNELS; k++)
            memcpy(out->kernels[k].values, k ? COMMON[k] : CLASSES[i].xgemm, sizeof COMMON[k]);
        return CLASSES[i].name;
    }
    return NULL;
}

static const sw_gemm_kernel_params *find_template(const char *kernel)
{
    for (size_t k = 0; k < SW_GEMM_KERNELS; k++)
        if (strcmp(TEMPLATE.kernels[k].kernel, kernel) == 0) return &TEMPLATE.kernels[k];
    return NULL;
}

static sw_status fail_unknown_kernel(const char *kernel)
{
    sw_str known = {0};
    for (size_t k = 0; k < SW_GEMM_KERNELS; k++)
        sw_str_printf(&known, "%s%s", k ? ", " : "", TEMPLATE.kernels[k].kernel);
    (void)sw_fail(SW_E_CONFIG, "unknown kernel '%s' (known: %s)", kernel, sw_str_text(&known));
    sw_str_deinit(&known);
    return SW_E_CONFIG;
}

static sw_status fail_unknown_param(const sw_gemm_kernel_params *params, const char *name)
{
    sw_str known = {0};
    for (size_t i = 0; i < params->count; i++) sw_str_printf(&known, "%s%s", i ? ", " : "", params->names[i]);
    (void)sw_fail(SW_E_CONFIG, "kernel %s has no parameter '%s' (it has %s)", params->kernel, name,
                  sw_str_text(&known));
    sw_str_deinit(&known);
    return SW_E_CONFIG;
}

static sw_status read_kernel(sw_gemm_kernel_params *out, const cJSON *json)
{
    bool seen[SW_GEMM_MAX_PARAMS] = {false};
    if (!cJSON_IsObject(json))
        return sw_fail(SW_E_CONFIG, "kernel %s: an object of numbers is needed", out->kernel);
    for (const cJSON *entry = json->child; entry; entry = entry->next) {
        size_t i = 0;
        while (i < out->count && strcmp(out->names[i], entry->string) != 0) i++;
        if (i == out->count) return fail_unknown_param(out, entry->string);
        double v = entry->valuedouble;
        if (!cJSON_IsNumber(entry) || !(v >= 0 && v <= 4096) || v != floor(v))
            return sw_fail(SW_E_CONFIG, "kernel %s: %s must be a whole number from 0 to 4096", out->kernel,
                           entry->string);
        if (seen[i]) return sw_fail(SW_E_CONFIG, "kernel %s: %s is given twice", out->kernel, entry->string);
        seen[i] = true;
        out->values[i] = (size_t)v;
    }
    for (size_t i = 0; i < out->count; i++)
        if (!seen[i])
            return sw_fail(SW_E_CONFIG, "kernel %s: parameter %s is missing", out->kernel, out->names[i]);
    return SW_OK;
}

static size_t value_of(const sw_gemm_kernel_params *params, const char *name)
{
    for (size_t i = 0; i < params->count; i++)
        if (strcmp(params->names[i], name) == 0) return params->values[i];
    return 0;
}

/* CLBlast (1.5.3 to 1.7.0) pads its second kernel's matrices by the tile of the other dimension: with tiles
 * that are not square it leaves parts of the product out and says nothing. */
static sw_status check_square_tiles(const sw_gemm_kernel_params *xgemm)
{
    if (value_of(xgemm, "GEMMK") == 1 && value_of(xgemm, "MWG") != value_of(xgemm, "NWG"))
        return sw_fail(SW_E_CONFIG, "kernel Xgemm: with GEMMK 1, MWG and NWG must be equal (CLBlast computes "
                                    "wrong results otherwise)");
    return SW_OK;
}

size_t sw_gemm_params_row_block(const sw_gemm_params *params)
{
    const sw_gemm_kernel_params *xgemm = &params->kernels[0];
    return value_of(xgemm, "GEMMK") == 1 ? value_of(xgemm, "NWG") : 0;
}

static sw_status read_kernels(sw_gemm_params *out, const cJSON *json)
{
    const cJSON *kernels = cJSON_GetObjectItemCaseSensitive(json, "kernels");
    if (!cJSON_IsObject(kernels) || !kernels->child)
        return sw_fail(SW_E_CONFIG, "an object \"kernels\" with at least one kernel is needed");
    for (const cJSON *entry = kernels->child; entry; entry = entry->next) {
        const sw_gemm_kernel_params *template = find_template(entry->string);
        if (!template) return fail_unknown_kernel(entry->string);
        sw_gemm_kernel_params *kernel = &out->kernels[template - TEMPLATE.kernels];
        *kernel = *template;
        SW_ENSURE(read_kernel(kernel, entry));
    }
    return check_square_tiles(&out->kernels[0]);
}

static size_t line_of(const char *text, const char *position)
{
    size_t line = 1;
    for (; text < position; text++) line += *text == '\n';
    return line;
}

sw_status sw_gemm_params_read(sw_gemm_params *out, const char *path)
{
    enum { MAX_FILE_BYTES = 1024 * 1024 };
    sw_status status = SW_OK;
    char *text = NULL;
    cJSON *json = NULL;
    size_t length;
    const char *end = NULL;
    *out = (sw_gemm_params){0};
    SW_TRY(sw_fs_read(&text, &length, path, MAX_FILE_BYTES));
    json = cJSON_ParseWithLengthOpts(text, length + 1, &end, true);
    if (!json) SW_TRY(sw_fail(SW_E_CONFIG, "%s:%zu: not valid JSON", path, end ? line_of(text, end) : 1));
    status = sw_fail_in(read_kernels(out, json), "%s", path);
done:
    cJSON_Delete(json);
    free(text);
    return status;
}
