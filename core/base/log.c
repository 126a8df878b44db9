#include "base/log.h"

#include <assert.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

static struct {
    pthread_mutex_t lock;
    struct {
        sw_log_sink sink;
        void *user;
    } sinks[SW_LOG_MAX_SINKS];
    int count;
} logger = {.lock = PTHREAD_MUTEX_INITIALIZER};

void sw_log_add_sink(sw_log_sink sink, void *user)
{
    pthread_mutex_lock(&logger.lock);
    assert(logger.count < SW_LOG_MAX_SINKS);
    logger.sinks[logger.count].sink = sink;
    logger.sinks[logger.count].user = user;
    logger.count++;
    pthread_mutex_unlock(&logger.lock);
}

void sw_log_remove_sink(sw_log_sink sink, void *user)
{
    pthread_mutex_lock(&logger.lock);
    int kept = 0;
    for (int i = 0; i < logger.count; i++)
        if (logger.sinks[i].sink != sink || logger.sinks[i].user != user)
            logger.sinks[kept++] = logger.sinks[i];
    logger.count = kept;
    pthread_mutex_unlock(&logger.lock);
}

void sw_log(sw_log_level level, const char *fmt, ...)
{
    char line[4096];
    va_list args;
    va_start(args, fmt);
    vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    for (char *c = line; *c; c++) /* a sink gets a single line, but texts may come from files */
        if (*c == '\n') *c = ' ';
    pthread_mutex_lock(&logger.lock);
    for (int i = 0; i < logger.count; i++) logger.sinks[i].sink(logger.sinks[i].user, level, line);
    pthread_mutex_unlock(&logger.lock);
}

const char *sw_log_level_name(sw_log_level level)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};
    return names[level];
}
