/* What the tests of comparisons share: runs made up on the spot, and what a comparison of them says. */
#ifndef COMPARE_CASE_H
#define COMPARE_CASE_H

#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run_case.h"
#include "scratch.h"
#include "study/compare.h"

static const sw_compare_options by_border = {.rank = "iou_border"};

enum { MOST = 40 }; /* paths */

/* Paths as they come, ended by NULL. */
static inline sw_status open_paths(sw_comparison **out, const char *const *names,
                                   const sw_compare_options *options)
{
    const char *paths[MOST];
    size_t count = 0;
    for (; names[count]; count++) paths[count] = scratch_path(names[count]);
    return sw_comparison_open(out, paths, count, options);
}

/* A list of names for these functions. */
#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

/* The comparison in a format; the caller frees it. */
static inline char *written(const char *const *names, const sw_compare_options *options,
                            sw_compare_format format)
{
    sw_comparison *c;
    sw_str text = {0};
    char *out;
    cr_assert_eq(open_paths(&c, names, options), SW_OK, "%s", sw_error_message());
    cr_assert_eq(sw_comparison_write(&text, c, format), SW_OK, "%s", sw_error_message());
    sw_comparison_close(c);
    cr_assert_eq(sw_str_take(&out, &text), SW_OK);
    return out;
}

/* The comparison by_border as JSON; the caller deletes it. */
static inline cJSON *json_of(const char *const *names)
{
    char *text = written(names, &by_border, SW_COMPARE_JSON);
    cJSON *json = cJSON_Parse(text);
    cr_assert_not_null(json, "%s", text);
    free(text);
    return json;
}

/* "columns.1.best.iou_border.mean" */
static inline const cJSON *at(const cJSON *json, const char *path)
{
    char part[64];
    for (const char *p = path; *p && json;) {
        size_t length = strcspn(p, ".");
        snprintf(part, sizeof part, "%.*s", (int)length, p);
        json = cJSON_IsArray(json) ? cJSON_GetArrayItem(json, atoi(part))
                                   : cJSON_GetObjectItemCaseSensitive(json, part);
        p += length + (p[length] == '.');
    }
    cr_assert_not_null(json, "there is no %s", path);
    return json;
}

static inline void expect_number(const cJSON *json, const char *path, double want)
{
    double got = cJSON_GetNumberValue(at(json, path));
    cr_expect(fabs(got - want) < 1e-6, "%s is %.9g, not %.9g", path, got, want);
}

static inline void expect_text(const cJSON *json, const char *path, const char *want)
{
    const char *got = cJSON_GetStringValue(at(json, path));
    cr_assert_not_null(got, "%s is no text", path);
    cr_expect_str_eq(got, want, "%s", path);
}

static inline void expect_null(const cJSON *json, const char *path)
{
    cr_expect(cJSON_IsNull(at(json, path)), "%s is not null", path);
}

static inline void expect_truth(const cJSON *json, const char *path, bool want)
{
    cr_expect_eq(cJSON_IsTrue(at(json, path)), want, "%s", path);
}

/* A finished run of two epochs with these figures of iou_border. */
static inline void made(const char *name, const char *config, double a, double b)
{
    const double figures[] = {a, b};
    char text[256];
    snprintf(text, sizeof text, "train: {epochs: 2}\n%s", config);
    run_case_write(
        &(run_case){.folder = name, .config = text, .outcome = "done", .iou_border = figures, .epochs = 2});
}

static inline void expect_words(const char *text, const char *words)
{
    cr_expect_not_null(strstr(text, words), "no '%s' in\n%s", words, text);
}

#endif
