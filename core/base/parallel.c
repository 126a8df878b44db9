#include "base/parallel.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

enum { MAX_THREADS = 64 };

typedef struct work_crew {
    pthread_mutex_t lock; /* guards next, failed_index, status, message */
    int next, count;
    sw_parallel_job job;
    void *user;
    int failed_index; /* count: none failed */
    sw_status status;
    char message[4096]; /* the failing thread's, since each thread has its own */
} work_crew;

static void *work(void *argument)
{
    work_crew *crew = argument;
    for (;;) {
        pthread_mutex_lock(&crew->lock);
        int index = crew->failed_index < crew->count ? crew->count : crew->next++;
        pthread_mutex_unlock(&crew->lock);
        if (index >= crew->count) return NULL;
        sw_status status = crew->job(crew->user, index);
        if (status == SW_OK) continue;
        pthread_mutex_lock(&crew->lock);
        if (index < crew->failed_index) {
            crew->failed_index = index;
            crew->status = status;
            snprintf(crew->message, sizeof crew->message, "%s", sw_error_message());
        }
        pthread_mutex_unlock(&crew->lock);
    }
}

sw_status sw_parallel_run(int count, int threads, sw_parallel_job job, void *user)
{
    if (threads < 1) threads = (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (threads > MAX_THREADS) threads = MAX_THREADS;
    if (threads > count) threads = count;
    work_crew crew = {
        .lock = PTHREAD_MUTEX_INITIALIZER, .count = count, .job = job, .user = user, .failed_index = count};
    pthread_t others[MAX_THREADS];
    int started = 0;
    /* This thread works too, so that the work is done even where no thread can be created */
    while (started + 1 < threads && pthread_create(&others[started], NULL, work, &crew) == 0) started++;
    work(&crew);
    for (int i = 0; i < started; i++) pthread_join(others[i], NULL);
    return crew.status == SW_OK ? SW_OK : sw_fail(crew.status, "%s", crew.message);
}
