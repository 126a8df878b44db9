#include "program.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "scratch.h"

char program_output[1 << 18];
double program_limit_s;

static const char *setting(const char *name)
{
    const char *value = getenv(name);
    cr_assert_not_null(value, "%s is not set: run the tests through ctest", name);
    return value;
}

/* "cd <scratch> && <prefix><the formatted text>", freed by the caller. */
static char *command_line(const char *prefix, const char *fmt, va_list args)
{
    char text[4096];
    int length = vsnprintf(text, sizeof text, fmt, args);
    cr_assert(length >= 0 && (size_t)length < sizeof text);
    char *line = sw_strf("segwork() { '%s' \"$@\"; }; SRC='%s'; cd '%s' && %s%s", setting("SEGWORK_BINARY"),
                         setting("SEGWORK_SOURCE_DIR"), scratch_path("."), prefix, text);
    cr_assert_not_null(line);
    return line;
}

static int exit_code(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void check_for_reports(void)
{
    cr_expect(!strstr(program_output, "Sanitizer") && !strstr(program_output, "runtime error:"), "%s",
              program_output);
}

static double deadline(void)
{
    return sw_clock_s() +
           (program_limit_s > 0 ? program_limit_s : strtod(setting("SEGWORK_TEST_CHILD_S"), NULL));
}

/* Whether there is something to read, or an end, before that time. */
static bool readable(int fd, double until)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    for (double left = until - sw_clock_s(); left > 0; left = until - sw_clock_s())
        if (poll(&wanted, 1, (int)(1e3 * left) + 1) > 0) return true;
    return false;
}

static void read_output(int fd, double until)
{
    size_t have = 0;
    while (readable(fd, until)) {
        ssize_t got = read(fd, program_output + have, sizeof program_output - 1 - have);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break; /* a pseudo-terminal whose program has ended answers EIO */
        have += (size_t)got;
        cr_assert_lt(have, sizeof program_output - 1, "too much output");
    }
    program_output[have] = '\0';
}

/* Waits for the end of a child, which is the first of a group; one that hangs is killed with its group. */
static int await(pid_t pid, double until)
{
    int status;
    pid_t ended;
    bool late = false;
    while ((ended = waitpid(pid, &status, late ? 0 : WNOHANG)) == 0) {
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        late = sw_clock_s() > until;
        if (late) kill(-pid, SIGKILL);
    }
    cr_assert_eq(ended, pid);
    cr_expect(!late || program_limit_s > 0, "a program did not end in time and was killed:\n%s",
              program_output);
    return exit_code(status);
}

static pid_t start_shell(const char *line, int output_fd)
{
    pid_t pid = fork();
    cr_assert_geq(pid, 0);
    if (pid == 0) {
        setsid();
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that is stopped leaves no training behind */
        dup2(output_fd, STDOUT_FILENO);
        dup2(output_fd, STDERR_FILENO);
        int nothing = open("/dev/null", O_RDONLY);
        dup2(nothing, STDIN_FILENO);
        execl("/bin/sh", "sh", "-c", line, (char *)NULL);
        _exit(127);
    }
    return pid;
}

static int run_line(const char *line)
{
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    pid_t pid = start_shell(line, ends[1]);
    close(ends[1]);
    const double until = deadline();
    read_output(ends[0], until);
    close(ends[0]);
    int code = await(pid, until);
    check_for_reports();
    return code;
}

int program_run(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *line = command_line("", fmt, args);
    va_end(args);
    int code = run_line(line);
    free(line);
    return code;
}

void program_expect(int code, const char *words, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *line = command_line("", fmt, args);
    va_end(args);
    int got = run_line(line);
    cr_expect_eq(got, code, "exit code %d instead of %d:\n%s\n%s", got, code, line, program_output);
    cr_expect(!words || strstr(program_output, words), "expected '%s' of\n%s\nfound\n%s", words, line,
              program_output);
    free(line);
}

void program_expect_narrow(void)
{
    const char *path = setting("SEGWORK_BINARY");
    const size_t path_bytes = strlen(path);
    cr_expect_not_null(strchr(program_output, '\n'), "nothing was printed");
    for (const char *line = program_output; *line;) {
        const size_t bytes = strcspn(line, "\n");
        size_t characters = 0;
        for (size_t i = 0; i < bytes; i++) characters += (line[i] & 0xc0) != 0x80;
        for (const char *at = line; (at = strstr(at, path)) && at < line + bytes; at += path_bytes)
            characters -= path_bytes - strlen("segwork");
        cr_expect_leq(characters, 80, "over 80 columns: %.*s", (int)bytes, line);
        line += bytes + (line[bytes] == '\n');
    }
}

int program_run_on_terminal(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *line = command_line("TERM=xterm; export TERM; ", fmt, args);
    va_end(args);
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    cr_assert(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    int terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
    cr_assert_geq(terminal, 0);
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    cr_assert_eq(ioctl(terminal, TIOCSWINSZ, &size), 0);
    pid_t pid = start_shell(line, terminal);
    close(terminal);
    const double until = deadline();
    read_output(master, until);
    close(master);
    int code = await(pid, until);
    check_for_reports();
    free(line);
    return code;
}

/* ---- in the background ---- */

static const char background_output[] = "background.txt";

pid_t program_start(const char *fmt, ...)
{
    /* exec, so that the process is segwork itself and signals reach it */
    char *prefix = sw_strf("exec '%s' ", setting("SEGWORK_BINARY"));
    va_list args;
    va_start(args, fmt);
    char *line = command_line(prefix, fmt, args);
    va_end(args);
    int fd = open(scratch_path(background_output), O_WRONLY | O_CREAT | O_TRUNC, 0666);
    cr_assert_geq(fd, 0);
    pid_t pid = start_shell(line, fd);
    close(fd);
    free(line);
    free(prefix);
    return pid;
}

int program_wait(pid_t pid)
{
    int code = await(pid, deadline());
    int fd = open(scratch_path(background_output), O_RDONLY);
    cr_assert_geq(fd, 0);
    read_output(fd, deadline());
    close(fd);
    check_for_reports();
    return code;
}

static int count_lines(const char *path)
{
    char *text;
    size_t length;
    if (!sw_fs_exists(path) || sw_fs_read(&text, &length, path, 1 << 26) != SW_OK) return -1;
    int lines = 0;
    for (size_t i = 0; i < length; i++) lines += text[i] == '\n';
    free(text);
    return lines;
}

bool program_wait_for_lines(pid_t pid, const char *name, int lines)
{
    enum { PATIENCE_S = 300 };
    const char *path = scratch_path(name);
    const double until = sw_clock_s() + PATIENCE_S;
    for (;;) {
        if (count_lines(path) >= lines) return true;
        siginfo_t ended = {0};
        cr_assert_eq(waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOHANG | WNOWAIT), 0);
        if (ended.si_pid == pid) return count_lines(path) >= lines;
        if (sw_clock_s() > until) break;
        nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
    }
    kill(pid, SIGKILL);
    program_wait(pid);
    cr_assert_fail("%s has not got %d lines in %d s:\n%s", path, lines, PATIENCE_S, program_output);
    return false;
}

void program_stop_run(const char *run, const char *file, int lines, int signal_number, const char *arguments)
{
    enum { TRIES = 5 };
    const int code = signal_number == SIGKILL ? 128 + SIGKILL : 130;
    char *path = sw_strf("%s/%s", run, file);
    for (int tries = 0; tries < TRIES; tries++) {
        pid_t pid = program_start("run %s --out '%s'", arguments, run);
        program_wait_for_lines(pid, path, lines);
        kill(pid, signal_number);
        int got = program_wait(pid);
        if (got == code) {
            free(path);
            return;
        }
        cr_assert_eq(got, 0, "exit code %d instead of %d\n%s", got, code, program_output);
        program_expect(0, NULL, "rm -r '%s'", run); /* it was done before the signal came */
    }
    cr_assert_fail("%d times run %s was done before it could be stopped", TRIES, run);
}

void program_draw_pets(int train, int val)
{
    program_expect(0, "pets", "segwork data synth pets --train %d --val %d --size 32 --seed 5", train, val);
}

/* ---- files ---- */

char *file_text(const char *name, size_t *length)
{
    char *text;
    size_t bytes;
    cr_assert_eq(sw_fs_read(&text, &bytes, scratch_path(name), 1 << 28), SW_OK, "%s", sw_error_message());
    if (length) *length = bytes;
    return text;
}

bool file_exists(const char *name)
{
    return sw_fs_exists(scratch_path(name));
}

void expect_same_file(const char *a, const char *b)
{
    size_t length_a, length_b;
    char *text_a = file_text(a, &length_a), *text_b = file_text(b, &length_b);
    cr_expect(length_a > 0, "%s is empty", a);
    cr_expect(length_a == length_b && memcmp(text_a, text_b, length_a) == 0, "%s and %s differ", a, b);
    free(text_a);
    free(text_b);
}

/* metrics.jsonl without the columns of time. */
static char *timeless_metrics(const char *run)
{
    char *path = sw_strf("%s/metrics.jsonl", run), *text = file_text(path, NULL);
    sw_str kept = {0};
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        cJSON *row = cJSON_Parse(line);
        cr_assert_not_null(row, "%s: %s", path, line);
        for (const char *const *key = (const char *const[]){"seconds", "images_per_second", NULL}; *key;
             key++) {
            cJSON *time = cJSON_DetachItemFromObjectCaseSensitive(row, *key);
            cr_expect(cJSON_IsNumber(time), "%s has no %s: %s", path, *key, line);
            cJSON_Delete(time);
        }
        char *printed = cJSON_PrintUnformatted(row);
        sw_str_printf(&kept, "%s\n", printed);
        cJSON_free(printed);
        cJSON_Delete(row);
    }
    free(text);
    free(path);
    char *result;
    cr_assert_eq(sw_str_take(&result, &kept), SW_OK);
    return result;
}

void expect_same_metrics(const char *run_a, const char *run_b)
{
    char *a = timeless_metrics(run_a), *b = timeless_metrics(run_b);
    cr_expect_str_eq(a, b, "the metrics of %s and %s differ:\n%s\n%s", run_a, run_b, a, b);
    free(a);
    free(b);
}

static void expect_same_in_runs(const char *run_a, const char *run_b, const char *name)
{
    char *a = sw_strf("%s/%s", run_a, name), *b = sw_strf("%s/%s", run_b, name);
    expect_same_file(a, b);
    free(a);
    free(b);
}

void expect_same_run(const char *run_a, const char *run_b, int epochs)
{
    expect_same_in_runs(run_a, run_b, "checkpoints/last.safetensors");
    expect_same_in_runs(run_a, run_b, "checkpoints/best.safetensors");
    expect_same_in_runs(run_a, run_b, "steps.jsonl");
    expect_same_in_runs(run_a, run_b, "config.yaml");
    expect_same_in_runs(run_a, run_b, "masks/images.json");
    expect_same_in_runs(run_a, run_b, "masks/inputs.png");
    expect_same_in_runs(run_a, run_b, "masks/truth.png");
    for (int epoch = 0; epoch <= epochs; epoch++) {
        static const char *const forms[] = {"grids/epoch_%02d.png", "masks/epoch_%02d.png",
                                            "masks/epoch_%02d_confidence.png"};
        for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
            char name[64];
            snprintf(name, sizeof name, forms[i], epoch);
            expect_same_in_runs(run_a, run_b, name);
        }
    }
    program_expect(0, NULL, "diff -r '%s/gallery' '%s/gallery'", run_a, run_b);
    expect_same_metrics(run_a, run_b);
}
