/* The limit of a process's address space. PoCL's compiler, LLVM, ends the process when memory is out, so
 * what it takes is asked for before it is called. */
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "context.h"

static uint64_t taken_bytes(void)
{
    unsigned long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file) return 0;
    if (fscanf(file, "%llu", &pages) != 1) pages = 0;
    fclose(file);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t sw_address_space_left(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return UINT64_MAX;
    const uint64_t taken = taken_bytes();
    return limit.rlim_cur > taken ? limit.rlim_cur - taken : 0;
}

sw_status sw_address_space_ensure(uint64_t bytes, const char *what)
{
    const uint64_t left = sw_address_space_left();
    if (left >= bytes) return SW_OK;
    return sw_fail(SW_E_MEMORY,
                   "%s takes up to %" PRIu64 " MiB and the limit of the address space leaves %" PRIu64
                   " MiB: raise it ('ulimit -v' in the shell) by %" PRIu64 " KiB at least",
                   what, bytes >> 20, left >> 20, (bytes - left + 1023) >> 10);
}
