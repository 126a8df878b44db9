/* The lines of a list of pictures: blank ones, '#' comments, CRLF and a byte-order mark are passed over. */
#ifndef DATA_LINES_H
#define DATA_LINES_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/status.h"

typedef struct data_lines {
    char *text, *next; /* the file; where the next line begins */
    int number;        /* of the present line, from 1 */
} data_lines;

/* Reads the file. SW_E_IO, or SW_E_DATA when it is too large for a list. */
sw_status data_lines_open(data_lines *lines, const char *path) SW_NODISCARD;

/* Returns the next line with something on it, without blanks around it, valid until deinit; NULL: no more. */
char *data_lines_next(data_lines *lines);
void data_lines_deinit(data_lines *lines); /* accepts a zeroed one */

enum { DATA_LINE_FIELDS = 5 };

/* Splits a line in place: at tabs if it has one, else at commas, else at semicolons ("..." keeps all of them
 * and blanks, "" is a quote), else at blanks. Returns the number of fields, of which more than
 * DATA_LINE_FIELDS are counted, not kept; -1: a quote is not closed. */
int data_line_split(char *fields[DATA_LINE_FIELDS], char *line);

#endif
