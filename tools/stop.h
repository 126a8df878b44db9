/* Ctrl-C and other signals, for commands that save before they stop. */
#ifndef TOOLS_STOP_H
#define TOOLS_STOP_H

#include <signal.h>

/* Makes SIGINT, SIGTERM and a lost terminal set the returned flag; a second one ends the program. */
volatile sig_atomic_t *sw_stop_on_signals(void);

/* Does the same for SIGINT alone. */
volatile sig_atomic_t *sw_stop_on_interrupt(void);

#endif
