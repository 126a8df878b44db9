#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char path[] = "/tmp/segwork-fuzz-XXXXXX";
static int fd = -1;

void fuzz_expect(int condition, const char *promise)
{
    if (condition) return;
    fprintf(stderr, "broken promise: %s\n", promise);
    abort();
}

static void remove_file(void)
{
    unlink(path);
}

const char *fuzz_file(const uint8_t *bytes, size_t length)
{
    if (fd < 0) {
        fd = mkstemp(path);
        atexit(remove_file);
    }
    fuzz_expect(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, bytes, length, 0) == (ssize_t)length,
                "there is a file to read from");
    return path;
}
