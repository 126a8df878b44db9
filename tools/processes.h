/* The processes that mpirun started, at the command line: their opening, and how all of them end. */
#ifndef TOOLS_PROCESSES_H
#define TOOLS_PROCESSES_H

#include <stdbool.h>

#include "comm/comm.h"

/* Joins the other processes and shares the machine out. *out is NULL where this is the only process. From
 * here on a process that does not lead logs nothing but errors. */
sw_status processes_open(sw_comm **out) SW_NODISCARD;

/* Whether this process leaves logging to the one that leads. */
bool processes_follow(void);

/* Ends the processes' common work with `status`, and returns what this one ends with. `together`: all have
 * ended with the same status. Else this one has failed while others may wait for it: it prints its message,
 * ends them all and does not return. `silent`: another one prints it. Does nothing with NULL. */
sw_status processes_close(sw_comm *comm, const char *command, sw_status status, bool together, bool silent);

#endif
