/* Threads that log while sinks come and go, for ThreadSanitizer. */
#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"

enum { THREADS = 4, LINES = 500 };

static void count_line(void *user, sw_log_level level, const char *line)
{
    (void)level, (void)line;
    ++*(long *)user;
}

static void *log_lines(void *user)
{
    long own = 0;
    for (int i = 0; i < LINES; i++) sw_log(SW_LOG_INFO, "line %d", i);
    sw_log_add_sink(count_line, &own);
    sw_log_remove_sink(count_line, &own);
    return user;
}

int main(void)
{
    pthread_t threads[THREADS];
    long lines = 0;
    sw_log_add_sink(count_line, &lines);
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, log_lines, NULL) != 0) return EXIT_FAILURE;
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    return lines == (long)THREADS * LINES ? EXIT_SUCCESS : EXIT_FAILURE;
}
