/* The text of `segwork COMMAND --help`, taken apart so that it is laid out anew wherever it is shown: its
 * lines may be of any length, and this says what becomes of them. */
#ifndef TOOLS_DETAILS_H
#define TOOLS_DETAILS_H

#include <stdbool.h>

#include "base/str.h"

enum { HELP_COLUMNS = 80 };

typedef enum details_kind {
    DETAILS_TEXT,     /* lines that begin with no blank: filled */
    DETAILS_TAGGED,   /* "word  explanation" and lines indented as far as the explanation: filled, hanging */
    DETAILS_VERBATIM, /* indented lines: examples and tables, as they are; too long commands are broken */
} details_kind;

typedef struct details_block {
    details_kind kind;
    bool after_gap;   /* an empty line stands before it */
    int indent;       /* TAGGED: column of the explanation */
    const char *tag;  /* TAGGED: the word */
    const char *text; /* VERBATIM: each line ends in a newline */
} details_block;

typedef void (*details_visitor)(void *user, const details_block *block);
void details_visit(const char *details, details_visitor visit, void *user);

/* Appends one line of a VERBATIM block; a command over `columns` goes on after a backslash. */
void details_append_line(sw_str *out, const char *line, int length, int columns);

/* Appends the whole text for a terminal of HELP_COLUMNS. */
void details_append(sw_str *out, const char *details);

#endif
