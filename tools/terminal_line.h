/* The line of the terminal on which progress is shown. */
#ifndef TOOLS_TERMINAL_LINE_H
#define TOOLS_TERMINAL_LINE_H

/* Empties the line that the cursor is on, if standard error is a terminal that can do it. */
void terminal_clear_line(void);

#endif
