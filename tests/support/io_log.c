/* A library for LD_PRELOAD: appends a line to the file $IO_LOG for each fsync, rename and unlink of a
 * program, "fsync BYTES PATH", "rename BYTES FROM TO", "unlink PATH", before the call is made. BYTES are
 * those that the file then has. The calls themselves go by other names to the same end. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void note(const char *fmt, ...)
{
    char line[2400];
    const char *path = getenv("IO_LOG");
    va_list args;
    va_start(args, fmt);
    int length = vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    int fd = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666) : -1;
    if (fd < 0 || length < 0 || (size_t)length >= sizeof line || write(fd, line, (size_t)length) != length)
        abort(); /* a log with gaps would say what is not true */
    close(fd);
}

int fsync(int fd)
{
    char link[32], path[1024] = "";
    struct stat info = {0};
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (readlink(link, path, sizeof path - 1) < 0 || fstat(fd, &info) != 0) abort();
    note("fsync %lld %s\n", (long long)info.st_size, path);
    return fdatasync(fd);
}

int rename(const char *from, const char *to)
{
    struct stat info = {0};
    char *whole = realpath(from, NULL);
    if (whole && stat(from, &info) == 0) note("rename %lld %s %s\n", (long long)info.st_size, whole, to);
    free(whole);
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int unlink(const char *path)
{
    note("unlink %s\n", path);
    return unlinkat(AT_FDCWD, path, 0);
}
