/* Takes the text of `segwork COMMAND --help` apart, for a manual page that lays it out again. */
#ifndef TOOLS_DETAILS_H
#define TOOLS_DETAILS_H

#include <stdbool.h>

#include "base/str.h"

typedef enum details_kind {
    DETAILS_TEXT,     /* a paragraph: lines that begin without a blank, joined into one */
    DETAILS_TAGGED,   /* "word  explanation" and the lines indented as far as the explanation, joined */
    DETAILS_VERBATIM, /* indented lines, examples and tables, as they are */
} details_kind;

typedef struct details_block {
    details_kind kind;
    bool after_gap;     /* an empty line comes before it */
    const char *tag;    /* TAGGED: the word */
    const sw_str *text; /* VERBATIM: each line ends in a newline */
} details_block;

/* Calls `visit` for each block of the text; a block is valid during the call. */
typedef void (*details_visitor)(void *user, const details_block *block);
void details_visit(const char *details, details_visitor visit, void *user);

#endif
