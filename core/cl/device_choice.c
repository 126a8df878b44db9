/* Choosing one of the devices. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cl/device.h"

static bool contains_ignoring_case(const char *text, const char *part)
{
    size_t length = strlen(part);
    for (; *text; text++) {
        size_t i = 0;
        while (i < length && tolower((unsigned char)text[i]) == tolower((unsigned char)part[i])) i++;
        if (i == length) return true;
    }
    return false;
}

/* "0:1" and nothing else. */
static bool parse_numbers(int *platform, int *device, const char *spec)
{
    char rest;
    const char *colon = strchr(spec, ':');
    return colon && isdigit((unsigned char)spec[0]) && isdigit((unsigned char)colon[1]) &&
           sscanf(spec, "%9d:%9d%c", platform, device, &rest) == 2;
}

static bool is_numbered(const sw_device_info *info, const char *spec)
{
    int platform, device;
    return parse_numbers(&platform, &device, spec) && info->platform_index == platform &&
           info->device_index == device;
}

static bool is_named(const sw_device_info *info, const char *spec)
{
    return strcmp(info->name, spec) == 0;
}

static bool has_part(const sw_device_info *info, const char *spec)
{
    return contains_ignoring_case(info->name, spec) || contains_ignoring_case(info->platform_name, spec);
}

static sw_status fail_with_list(const char *complaint, const sw_device_info *devices, size_t count,
                                const char *spec, const char *origin)
{
    sw_str text = {0};
    for (size_t i = 0; i < count; i++)
        sw_str_printf(&text, "\n  %d:%d  %s (%s)", devices[i].platform_index, devices[i].device_index,
                      devices[i].name, devices[i].platform_name);
    sw_status status = sw_str_status(&text);
    if (status == SW_OK)
        status = sw_fail(SW_E_CONFIG,
                         "%s '%s' (from %s); name one as platform:device numbers or a part of its name:%s",
                         complaint, spec, origin, text.text);
    sw_str_deinit(&text);
    return status;
}

/* The way of matching that fits exactly one device decides; the stricter ways come first, so that the whole
 * name "X 3080" is not ambiguous beside "X 3080 Ti". */
static sw_status pick_by_spec(sw_device_info *out, const sw_device_info *devices, size_t count,
                              const char *spec, const char *origin)
{
    static bool (*const ways[])(const sw_device_info *, const char *) = {is_numbered, is_named, has_part};
    size_t hits = 0;
    for (size_t way = 0; way < sizeof ways / sizeof ways[0] && hits == 0; way++) {
        for (size_t i = 0; i < count; i++) {
            if (!ways[way](&devices[i], spec)) continue;
            if (hits++ == 0) *out = devices[i];
        }
    }
    if (hits == 0) return fail_with_list("no OpenCL device matches", devices, count, spec, origin);
    if (hits > 1) return fail_with_list("more than one OpenCL device matches", devices, count, spec, origin);
    snprintf(out->chosen_by, sizeof out->chosen_by, "'%.255s' from %s", spec, origin);
    return SW_OK;
}

static void pick_default(sw_device_info *out, const sw_device_info *devices, size_t count)
{
    const sw_device_info *gpu = NULL, *cpu = NULL, *any = NULL;
    for (size_t i = 0; i < count; i++) {
        const sw_device_info *d = &devices[i];
        if (d->obstacle[0]) continue;
        if (!any) any = d;
        if (d->type & CL_DEVICE_TYPE_GPU && (!gpu || d->compute_units > gpu->compute_units)) gpu = d;
        if (d->type & CL_DEVICE_TYPE_CPU && !cpu) cpu = d;
    }
    *out = gpu ? *gpu : cpu ? *cpu : any ? *any : devices[0];
    snprintf(out->chosen_by, sizeof out->chosen_by, "%s",
             gpu   ? "the GPU with the most compute units"
             : cpu ? "the first CPU, for there is no GPU"
                   : "the first device, for there is neither GPU nor CPU");
}

sw_status sw_device_pick(sw_device_info *out, const sw_device_info *devices, size_t count, const char *spec,
                         const char *origin)
{
    if (spec && spec[0]) return pick_by_spec(out, devices, count, spec, origin);
    pick_default(out, devices, count);
    return SW_OK;
}

sw_status sw_device_choose(sw_device_info *out, const char *spec)
{
    sw_device_info *devices;
    size_t count;
    const char *origin = "the device option";
    sw_status status = sw_device_list(&devices, &count);
    if (status != SW_OK) return status;
    if (!spec || !spec[0]) {
        spec = getenv("SEGWORK_DEVICE");
        origin = "the environment variable SEGWORK_DEVICE";
    }
    status = sw_device_pick(out, devices, count, spec, origin);
    free(devices);
    return status;
}
