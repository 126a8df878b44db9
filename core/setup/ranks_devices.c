/* The system's calls for cores are its own, not POSIX. */
#define _GNU_SOURCE
#include "setup/ranks_devices.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "setup/open.h"

/* --- cores ----------------------------------------------------------------------------------- */

/* Where a process is, and the cores that it may use. */
typedef struct place {
    char machine[64];
    cpu_set_t cores;
} place;

int sw_share_of_cores(int *first, int count, int rank, int ranks)
{
    if (ranks > count) {
        *first = rank % count;
        return 1;
    }
    *first = count * rank / ranks;
    return count * (rank + 1) / ranks - *first;
}

/* Whether all processes of this machine may use the same cores: then nobody has shared them out yet. */
static bool are_unbound(const place *own, const place *all, int ranks)
{
    for (int r = 0; r < ranks; r++)
        if (strcmp(all[r].machine, own->machine) == 0 && !CPU_EQUAL(&all[r].cores, &own->cores)) return false;
    return true;
}

static void take_cores(const cpu_set_t *all, int first, int count)
{
    cpu_set_t own;
    CPU_ZERO(&own);
    int at = 0;
    for (size_t core = 0; core < CPU_SETSIZE; core++) {
        if (!CPU_ISSET(core, all)) continue;
        if (at >= first && at < first + count) CPU_SET(core, &own);
        at++;
    }
    if (sched_setaffinity(0, sizeof own, &own) != 0)
        sw_log(SW_LOG_WARNING, "the cores could not be shared out among the processes; they all use all");
}

/* The variable's name differs between PoCL's versions. What the user has set holds. */
static void limit_pocl_threads(int cores)
{
    char text[16];
    snprintf(text, sizeof text, "%d", cores);
    setenv("POCL_MAX_PTHREAD_COUNT", text, 0);
    setenv("POCL_CPU_MAX_CU_COUNT", text, 0);
}

static void log_cores(const sw_comm *comm, bool unbound, int own, int machine)
{
    const int ranks = sw_comm_local_size(comm);
    if (unbound)
        sw_log(SW_LOG_INFO, "%d processes, %d of them on this machine, share its %d cores out: %d here",
               sw_comm_size(comm), ranks, machine, own);
    else
        sw_log(SW_LOG_INFO, "%d processes, %d of them on this machine, as they were bound: to %d core%s here",
               sw_comm_size(comm), ranks, own, own == 1 ? "" : "s");
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    if (!unbound && online > 0 && own * ranks < online)
        sw_log(
            SW_LOG_WARNING,
            "bound like this, the %d processes use about %d of this machine's %ld cores: 'mpirun --bind-to "
            "none' lets segwork share them out",
            ranks, own * ranks, online);
}

sw_status sw_share_cores(sw_comm *comm)
{
    const int ranks = sw_comm_size(comm);
    place own = {0};
    if (ranks == 1) return SW_OK;
    if (gethostname(own.machine, sizeof own.machine - 1) != 0 ||
        sched_getaffinity(0, sizeof own.cores, &own.cores) != 0)
        own = (place){.machine = "?"}; /* the others still wait for an answer */
    place *all = malloc((size_t)ranks * sizeof *all);
    if (!all) return sw_fail_alloc("where the processes are", (size_t)ranks * sizeof *all);
    sw_status status = sw_comm_gather(comm, &own, sizeof own, all);
    const bool unbound = status == SW_OK && are_unbound(&own, all, ranks);
    free(all);
    const int machine = CPU_COUNT(&own.cores);
    if (status != SW_OK || machine == 0) return status;
    int first = 0, mine = machine;
    if (unbound && sw_comm_local_size(comm) > 1) {
        mine = sw_share_of_cores(&first, machine, sw_comm_local_rank(comm), sw_comm_local_size(comm));
        take_cores(&own.cores, first, mine);
    }
    limit_pocl_threads(mine);
    log_cores(comm, unbound, mine, machine);
    return SW_OK;
}

/* --- devices --------------------------------------------------------------------------------- */

sw_status sw_device_of_rank(sw_device_info *out, const sw_device_info *first, const sw_device_info *devices,
                            size_t count, int rank, int ranks, bool share)
{
    *out = *first;
    if (ranks == 1 || first->type & CL_DEVICE_TYPE_CPU) return SW_OK;
    size_t alike = 0, begin = 0;
    for (size_t i = 0; i < count; i++) {
        if (devices[i].platform_index != first->platform_index || devices[i].type != first->type) continue;
        if (devices[i].device_index == first->device_index) begin = alike;
        alike++;
    }
    if (alike == 0) return SW_OK;
    if ((size_t)ranks > alike && !share)
        return sw_fail(
            SW_E_CONFIG,
            "%d processes on a machine with %zu device%s like %s: start as many as there are devices, "
            "or let them share (runtime.share_device: true)",
            ranks, alike, alike == 1 ? "" : "s", first->name);
    const size_t wanted = (begin + (size_t)rank) % alike;
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        if (devices[i].platform_index != first->platform_index || devices[i].type != first->type) continue;
        if (at++ == wanted) *out = devices[i];
    }
    snprintf(out->chosen_by, sizeof out->chosen_by, "process %d of %d of this machine", rank, ranks);
    return SW_OK;
}

sw_status sw_open_device_of_rank(sw_cl **cl, sw_device_info *device, const sw_experiment *x, const char *spec,
                                 const sw_comm *comm)
{
    sw_status status = SW_OK;
    sw_device_info first, *devices = NULL;
    size_t count = 0;
    if (sw_comm_local_size(comm) == 1) return sw_open_device(cl, device, x, spec, x->runtime.check);
    SW_TRY(sw_device_choose(&first, spec ? spec : x->runtime.device));
    SW_TRY(sw_device_list(&devices, &count));
    SW_TRY(sw_device_of_rank(device, &first, devices, count, sw_comm_local_rank(comm),
                             sw_comm_local_size(comm), x->runtime.share_device));
    SW_TRY(sw_cl_create(cl, device, &(sw_cl_options){.check = x->runtime.check}));
done:
    free(devices);
    return status;
}
