/* Printing: what a command made, its progress, and over a line of progress. */
#ifndef TOOLS_PRINT_H
#define TOOLS_PRINT_H

#include "base/progress.h"
#include "base/str.h"

struct cJSON;

/* How segwork was called, for commands that can be pasted: "build/segwork". */
extern const char *print_program;

/* Prints the text to stdout and empties it, or fails where it could not be made. */
sw_status print_text(sw_str *text) SW_NODISCARD;

/* Prints the document to stdout and frees it; NULL where memory was out. */
sw_status print_json(struct cJSON *root) SW_NODISCARD;

/* Returns where progress goes: to standard error, or nowhere after --quiet. */
sw_progress_output print_progress(void);

/* Clears the line that the cursor is on, if standard error is a terminal that can do it. */
void print_clear_line(void);

#endif
