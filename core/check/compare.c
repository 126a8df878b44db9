#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/str.h"
#include "problem.h"

void sw_result_begin(sw_check_result *result, const char *fmt, ...)
{
    *result = (sw_check_result){.passed = true};
    va_list args;
    va_start(args, fmt);
    vsnprintf(result->text, sizeof result->text, fmt, args);
    va_end(args);
}

void sw_result_flaw(sw_check_result *result, const char *fmt, ...)
{
    if (isinf(result->worst)) return;
    va_list args;
    va_start(args, fmt);
    vsnprintf(result->where, sizeof result->where, fmt, args);
    va_end(args);
    result->worst = INFINITY;
    result->passed = false;
}

/* The error in units of the bound; an exact result has the bound 0. */
static double excess(double found, double want, double bound)
{
    if (isnan(want)) return isnan(found) ? 0 : INFINITY;
    if (found == want) return 0;
    double error = fabs(found - want); /* NaN, or infinite, when only one of them is */
    return isfinite(error) && bound > 0 ? error / bound : INFINITY;
}

/* "dw[3,0,2,1]" */
static void append_place(sw_str *s, const sw_tensor *t, size_t i)
{
    int at[4] = {0};
    sw_tensor_place(at, t, i);
    sw_str_append(s, t->name);
    for (int d = 0; d < t->rank; d++) sw_str_printf(s, "%c%d", d ? ',' : '[', at[d]);
    sw_str_append(s, "]");
}

static void report(sw_check_result *result, const sw_tensor *t, size_t i)
{
    sw_str s = {0};
    append_place(&s, t, i);
    sw_str_printf(&s, " is %.9g, expected %.9g", t->found[i], t->want[i]);
    if (t->bound[i] > 0)
        sw_str_printf(&s, " +- %.2g", t->bound[i]);
    else
        sw_str_append(&s, " exactly");
    snprintf(result->where, sizeof result->where, "%s", s.text && !s.failed ? s.text : t->name);
    sw_str_deinit(&s);
}

void sw_result_compare(sw_check_result *result, const sw_tensor *t)
{
    if (isinf(result->worst)) return;
    for (size_t i = 0; i < t->elems; i++) {
        if (t->bound[i] < 0) continue;
        double ratio = excess(t->found[i], t->want[i], t->bound[i]);
        if (ratio <= result->worst) continue;
        result->worst = ratio;
        report(result, t, i);
        if (isinf(ratio)) break;
    }
    result->passed = result->worst <= 1;
}
