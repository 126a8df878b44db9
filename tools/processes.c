#include "processes.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "print.h"
#include "setup/ranks_devices.h"
#include "stop.h"

static bool follows;

sw_status processes_open(sw_comm **out)
{
    SW_ENSURE(sw_comm_open(out));
    follows = !sw_comm_leads(*out);
    return sw_share_cores(*out);
}

bool processes_follow(void)
{
    return follows;
}

/* Waits for another process to end all, which sends a signal; gives up after so many tenths of a second. */
static void wait_for_end(int tenths)
{
    static const struct timespec tenth = {.tv_nsec = 100000000};
    const volatile sig_atomic_t *stop = sw_stop_on_signals();
    for (int i = 0; i < tenths; i++) {
        nanosleep(&tenth, NULL);
        if (*stop) _exit(1);
    }
}

sw_status processes_close(sw_comm *comm, const char *command, sw_status status, bool together, bool silent)
{
    if (!comm) return status;
    if (together) {
        const bool leads = sw_comm_leads(comm);
        sw_comm_close(comm);
        return leads ? status : SW_OK;
    }
    /* what all fail at, rank 0 says */
    if (!sw_comm_leads(comm) || silent) wait_for_end(silent ? 300 : 20);
    if (!silent) {
        char machine[64] = "?";
        print_clear_line();
        gethostname(machine, sizeof machine - 1);
        fprintf(stderr, "segwork %s: rank %d of %d on %s: %s\n", command, sw_comm_rank(comm),
                sw_comm_size(comm), machine, sw_error_message());
    }
    fflush(NULL);
    sw_comm_abort(comm, sw_exit_code(status));
    return status;
}
