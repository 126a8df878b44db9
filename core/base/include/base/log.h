/* Messages for people. Library code passes them to sinks, which the program chooses. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/status.h"

typedef enum sw_log_level { SW_LOG_DEBUG, SW_LOG_INFO, SW_LOG_WARNING, SW_LOG_ERROR } sw_log_level;

/* Receives one line without its newline. Called by one thread at a time. */
typedef void (*sw_log_sink)(void *user, sw_log_level level, const char *line);

enum { SW_LOG_MAX_SINKS = 4 };

/* Adds a sink (at most SW_LOG_MAX_SINKS; asserted). Removing one that is not there does nothing.
 * Without any sink, messages are dropped. */
void sw_log_add_sink(sw_log_sink sink, void *user);
void sw_log_remove_sink(sw_log_sink sink, void *user);

/* Passes a formatted message to every sink. Thread-safe. */
void sw_log(sw_log_level level, const char *fmt, ...) SW_PRINTF(2, 3);

const char *sw_log_level_name(sw_log_level level); /* "debug", "info", "warning", "error" */

#endif
