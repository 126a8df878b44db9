/* To be put before a program by LD_PRELOAD: memory that runs out once.
 *
 * FAILING_MALLOC_AT=N     the Nth call of malloc, calloc or realloc fails, counted from 1; 0 or unset: none
 * FAILING_MALLOC_LASTS=1  so do all calls after it
 * FAILING_MALLOC_COUNT=F  at the program's end the number of calls is written to the file F
 *
 * Calls before this library's constructor ran (of the dynamic linker) are neither counted nor failed. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *old, size_t bytes);

static unsigned long calls, fails_at;
static bool counts, lasts;

__attribute__((constructor)) static void begin(void)
{
    const char *at = getenv("FAILING_MALLOC_AT");
    fails_at = at ? strtoul(at, NULL, 10) : 0;
    lasts = getenv("FAILING_MALLOC_LASTS") != NULL;
    counts = true;
}

__attribute__((destructor)) static void end(void)
{
    const char *path = getenv("FAILING_MALLOC_COUNT");
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666) : -1;
    if (fd < 0) return;
    dprintf(fd, "%lu\n", calls);
    close(fd);
}

static bool fails(void)
{
    if (!counts) return false;
    const unsigned long number = __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
    if (!fails_at || (lasts ? number < fails_at : number != fails_at)) return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t bytes)
{
    return fails() ? NULL : __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes)
{
    return fails() ? NULL : __libc_calloc(count, bytes);
}

void *realloc(void *old, size_t bytes)
{
    return fails() ? NULL : __libc_realloc(old, bytes);
}
