/* Ctrl-C and its kin, for commands that save before they stop. */
#ifndef TOOLS_STOP_H
#define TOOLS_STOP_H

#include <signal.h>

/* From now on SIGINT, SIGTERM and a lost terminal set what is returned; a second one ends the program. */
volatile sig_atomic_t *sw_stop_on_signals(void);

/* The same for SIGINT alone. */
volatile sig_atomic_t *sw_stop_on_interrupt(void);

#endif
