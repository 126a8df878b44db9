/* A library to preload: makes the Nth call of a kind fail, and only those calls that the program makes itself
 * or through the libraries of `watched`. Drivers and compilers that are loaded later are left in peace.
 *
 *   ATTACK_CALL=KIND   read write fsync flush rename open stat mkdir truncate mmap malloc ("flush" also
 * closes) ATTACK_NTH=N       from 1 ATTACK_STAYS=1     all calls from the Nth on ATTACK_DO=WHAT     an errno;
 * "short" (a read or write of half the bytes); "kill SIGNAL" (then the call is made) ATTACK_COUNTS=FILE what
 * was called how often, at the end: a line "KIND COUNT" each ATTACK_CHILDREN=1  processes that the program
 * starts are treated likewise */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

typedef enum kind {
    READ,
    WRITE,
    FSYNC,
    FLUSH,
    RENAME,
    OPEN,
    STAT,
    MKDIR,
    TRUNCATE,
    MMAP,
    MALLOC,
    KINDS
} kind;

static const char *const kind_names[KINDS] = {"read", "write", "fsync",    "flush", "rename", "open",
                                              "stat", "mkdir", "truncate", "mmap",  "malloc"};
static const char *const watched[] = {"libcjson", "libpng",   "libyaml",   "libcgif",
                                      "libjpeg",  "libcairo", "libarchive"};

enum { MAX_RANGES = 16, STREAM_ERROR = 0x20 /* glibc's flag behind ferror */ };

static struct range {
    uintptr_t begin, end;
} ranges[MAX_RANGES];
static int range_count, chosen = -1, error_number, signal_number;
static long nth;
static bool stays, halves;
static atomic_long calls[KINDS];
static const char *counts_path;

/* Whose calls are looked at: the program, whose name is empty here, and some libraries. */
static int note_object(struct dl_phdr_info *object, size_t size, void *user)
{
    (void)size;
    (void)user;
    const char *slash = strrchr(object->dlpi_name, '/');
    bool wanted = !object->dlpi_name[0];
    for (size_t i = 0; slash && i < sizeof watched / sizeof *watched; i++)
        wanted |= strncmp(slash + 1, watched[i], strlen(watched[i])) == 0;
    for (int i = 0; wanted && i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X) || range_count == MAX_RANGES) continue;
        const uintptr_t begin = object->dlpi_addr + part->p_vaddr;
        ranges[range_count++] = (struct range){begin, begin + part->p_memsz};
    }
    return 0;
}

__attribute__((constructor)) static void begin(void)
{
    const char *call = getenv("ATTACK_CALL"), *what = getenv("ATTACK_DO"), *which = getenv("ATTACK_NTH");
    counts_path = getenv("ATTACK_COUNTS");
    stays = getenv("ATTACK_STAYS") != NULL;
    nth = which ? strtol(which, NULL, 10) : 0;
    halves = what && strcmp(what, "short") == 0;
    if (what && strncmp(what, "kill ", 5) == 0) signal_number = (int)strtol(what + 5, NULL, 10);
    error_number = what ? (int)strtol(what, NULL, 10) : EIO;
    for (int i = 0; call && i < KINDS; i++)
        if (strcmp(call, kind_names[i]) == 0) chosen = i;
    if (!getenv("ATTACK_CHILDREN")) unsetenv("LD_PRELOAD");
    dl_iterate_phdr(note_object, NULL);
}

__attribute__((destructor)) static void end(void)
{
    char text[512];
    int length = 0;
    if (!counts_path) return;
    for (int i = 0; i < KINDS; i++)
        length += snprintf(text + length, sizeof text - (size_t)length, "%s %ld\n", kind_names[i], calls[i]);
    range_count = 0;
    const int fd = open(counts_path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (fd < 0 || write(fd, text, (size_t)length) != length) abort();
    close(fd);
}

/* Counts a call and tells whether it is to fail. */
static bool is_due(kind k, void *caller)
{
    bool counts = false;
    for (int i = 0; i < range_count; i++)
        counts |= (uintptr_t)caller >= ranges[i].begin && (uintptr_t)caller < ranges[i].end;
    if (!counts) return false;
    const long n = atomic_fetch_add(&calls[k], 1) + 1;
    if ((int)k != chosen || nth == 0 || !(stays ? n >= nth : n == nth)) return false;
    if (signal_number) kill(getpid(), signal_number);
    return !signal_number;
}

#define DUE(kind)    is_due(kind, __builtin_return_address(0))
#define FAIL(result) return errno = error_number, (result)

/* The function of that name that this one stands before. */
#define BEHIND(name, ...)                                                                                    \
    static __typeof__(name) *behind;                                                                         \
    if (!behind) *(void **)&behind = dlsym(RTLD_NEXT, #name);                                                \
    return behind(__VA_ARGS__)

/* ---- bytes ---- */

#define TRANSFER(kind, result, name, parameters, count, ...)                                                 \
    result name parameters                                                                                   \
    {                                                                                                        \
        if (DUE(kind)) {                                                                                     \
            if (!halves) FAIL(-1);                                                                           \
            if (count > 1) count /= 2;                                                                       \
        }                                                                                                    \
        BEHIND(name, __VA_ARGS__);                                                                           \
    }

TRANSFER(READ, ssize_t, read, (int fd, void *to, size_t count), count, fd, to, count)
TRANSFER(READ, ssize_t, pread, (int fd, void *to, size_t count, off_t at), count, fd, to, count, at)
TRANSFER(WRITE, ssize_t, write, (int fd, const void *from, size_t count), count, fd, from, count)
TRANSFER(WRITE, ssize_t, pwrite, (int fd, const void *from, size_t count, off_t at), count, fd, from, count,
         at)

/* A stream keeps to itself that a system call was short, but remembers that one failed. */
size_t fwrite(const void *from, size_t size, size_t count, FILE *stream)
{
    if (DUE(WRITE) && !halves) {
        stream->_flags |= STREAM_ERROR;
        FAIL(0);
    }
    BEHIND(fwrite, from, size, count, stream);
}

int fputs(const char *text, FILE *stream)
{
    if (DUE(WRITE) && !halves) {
        stream->_flags |= STREAM_ERROR;
        FAIL(EOF);
    }
    BEHIND(fputs, text, stream);
}

int fflush(FILE *stream)
{
    if (DUE(FLUSH)) {
        if (stream) stream->_flags |= STREAM_ERROR;
        FAIL(EOF);
    }
    BEHIND(fflush, stream);
}

static int close_stream(FILE *stream)
{
    BEHIND(fclose, stream);
}

int fclose(FILE *stream)
{
    const bool due = DUE(FLUSH);
    const int result = close_stream(stream);
    if (due) FAIL(EOF);
    return result;
}

/* ---- names ---- */

#define CALL(kind, failed, result, name, parameters, ...)                                                    \
    result name parameters                                                                                   \
    {                                                                                                        \
        if (DUE(kind)) FAIL(failed);                                                                         \
        BEHIND(name, __VA_ARGS__);                                                                           \
    }

CALL(FSYNC, -1, int, fsync, (int fd), fd)
CALL(RENAME, -1, int, rename, (const char *from, const char *to), from, to)
CALL(OPEN, NULL, FILE *, fopen, (const char *path, const char *mode), path, mode)
CALL(OPEN, NULL, DIR *, opendir, (const char *path), path)
CALL(STAT, -1, int, stat, (const char *path, struct stat *out), path, out)
CALL(STAT, -1, int, lstat, (const char *path, struct stat *out), path, out)
CALL(STAT, -1, int, fstat, (int fd, struct stat *out), fd, out)
CALL(STAT, -1, int, access, (const char *path, int mode), path, mode)
CALL(MKDIR, -1, int, mkdir, (const char *path, mode_t mode), path, mode)
CALL(TRUNCATE, -1, int, truncate, (const char *path, off_t length), path, length)
CALL(TRUNCATE, -1, int, ftruncate, (int fd, off_t length), fd, length)
CALL(MMAP, MAP_FAILED, void *, mmap, (void *at, size_t length, int protection, int flags, int fd, off_t from),
     at, length, protection, flags, fd, from)

static mode_t mode_of(int flags, va_list args)
{
    return flags & (O_CREAT | __O_TMPFILE) ? va_arg(args, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    const mode_t mode = mode_of(flags, args);
    va_end(args);
    if (DUE(OPEN)) FAIL(-1);
    BEHIND(open, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    const mode_t mode = mode_of(flags, args);
    va_end(args);
    if (DUE(OPEN)) FAIL(-1);
    BEHIND(openat, folder, path, flags, mode);
}

/* ---- memory; dlsym itself asks for some ---- */

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *old, size_t bytes);

void *malloc(size_t bytes)
{
    if (DUE(MALLOC)) FAIL(NULL);
    return __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes)
{
    if (DUE(MALLOC)) FAIL(NULL);
    return __libc_calloc(count, bytes);
}

void *realloc(void *old, size_t bytes)
{
    if (DUE(MALLOC)) FAIL(NULL);
    return __libc_realloc(old, bytes);
}
