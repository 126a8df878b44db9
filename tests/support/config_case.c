#include "config_case.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "scratch.h"

sw_experiment *config_loaded(const char *text, const char *const *sets)
{
    sw_experiment *e = NULL;
    sw_status status = sw_experiment_load(&e, scratch_write("exp.yaml", text), sets);
    cr_assert_eq(status, SW_OK, "%s\n%s", text, sw_error_message());
    cr_assert_not_null(e);
    return e;
}

sw_experiment *config_loaded_list(const char *const *text_and_sets)
{
    return config_loaded(text_and_sets[0], text_and_sets + 1);
}

void config_expect_problem(const char *text, const char *const *sets, const char *place, const char *words)
{
    sw_experiment *e = NULL;
    char wanted[600];
    sw_status status = sw_experiment_load(&e, scratch_write("exp.yaml", text), sets);
    cr_expect_eq(status, SW_E_CONFIG, "status %d for\n%s", status, text);
    cr_expect_null(e);
    snprintf(wanted, sizeof wanted, "%s%s", place, words);
    cr_expect_not_null(strstr(sw_error_message(), wanted), "expected '%s' in '%s' for\n%s", wanted,
                       sw_error_message(), text);
}
