/* A terminal that keeps what is written to it, with a clock that the test sets. */
#ifndef SUPPORT_FAKE_TERMINAL_H
#define SUPPORT_FAKE_TERMINAL_H

#include "base/progress.h"

typedef struct fake_terminal {
    char text[1 << 20];
    size_t length;
    int writes, columns;
    double now_s;
} fake_terminal;

extern fake_terminal fake;

/* Forgets what was written. */
void fake_clear(void);

/* Clears it, sets its clock to 1000 s and its width to 80 columns, and returns the output that leads to it.
 */
sw_progress_output fake_output(bool bar, bool colour);

#endif
