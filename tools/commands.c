#include "commands.h"

#include <stddef.h>

/* clang-format off */
const sw_command *const sw_commands[] = {
    &sw_cmd_run,
    &sw_cmd_sweep,
    &sw_cmd_compare,
    &sw_cmd_eval,
    &sw_cmd_predict,
    &sw_cmd_export,
    &sw_cmd_render,
    &sw_cmd_report,
    &sw_cmd_plot,
    &sw_cmd_devices,
    &sw_cmd_check,
    &sw_cmd_bench,
    &sw_cmd_describe,
    &sw_cmd_selftest,
    &sw_cmd_tune,
    &sw_cmd_data,
    &sw_cmd_completion,
    &sw_cmd_man,
    NULL,
};
/* clang-format on */
