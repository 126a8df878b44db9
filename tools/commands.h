/* Every subcommand's descriptor, defined at the end of its own cmd_<name>.c. */
#ifndef TOOLS_COMMANDS_H
#define TOOLS_COMMANDS_H

#include "command.h"

extern const sw_command sw_cmd_completion;
extern const sw_command sw_cmd_man;
extern const sw_command sw_cmd_check;
extern const sw_command sw_cmd_bench;
extern const sw_command sw_cmd_compare;
extern const sw_command sw_cmd_describe;
extern const sw_command sw_cmd_data;
extern const sw_command sw_cmd_devices;
extern const sw_command sw_cmd_eval;
extern const sw_command sw_cmd_export;
extern const sw_command sw_cmd_plot;
extern const sw_command sw_cmd_predict;
extern const sw_command sw_cmd_render;
extern const sw_command sw_cmd_report;
extern const sw_command sw_cmd_run;
extern const sw_command sw_cmd_selftest;
extern const sw_command sw_cmd_tune;
extern const sw_command sw_cmd_sweep;

#endif
