/* Messages reach every sink as single lines. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "base/log.h"

static char seen[2][256];
static sw_log_level seen_level;

static void keep(void *user, sw_log_level level, const char *line)
{
    snprintf(user, sizeof seen[0], "%s", line);
    seen_level = level;
}

Test(log, a_text_of_several_lines_reaches_the_sinks_as_one)
{
    sw_log_add_sink(keep, seen[0]);
    sw_log(SW_LOG_WARNING, "%s is missing:\n  %s", "this", "that\n");
    cr_expect_str_eq(seen[0], "this is missing:   that ");
    cr_expect_eq(seen_level, SW_LOG_WARNING);
    cr_expect_str_eq(sw_log_level_name(seen_level), "warning");
    sw_log_remove_sink(keep, seen[0]);
}

Test(log, sinks_are_told_apart_by_what_they_were_added_with)
{
    sw_log(SW_LOG_INFO, "to nobody");
    sw_log_add_sink(keep, seen[0]);
    sw_log_add_sink(keep, seen[1]);
    sw_log(SW_LOG_INFO, "to both");
    sw_log_remove_sink(keep, seen[0]);
    sw_log(SW_LOG_INFO, "to one");
    cr_expect_str_eq(seen[0], "to both");
    cr_expect_str_eq(seen[1], "to one");
    sw_log_remove_sink(keep, seen[1]);
    sw_log_remove_sink(keep, seen[1]); /* not there: nothing happens */
    sw_log(SW_LOG_INFO, "to nobody again");
    cr_expect_str_eq(seen[1], "to one");
}
