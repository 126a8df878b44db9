#include "base/crew.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { MAX_THREADS = 64 };

typedef struct job_queue {
    sw_job *first, *last;
} job_queue;

struct sw_crew {
    pthread_mutex_t lock; /* guards the queues, `stopping` and the `done` and `next` of jobs */
    pthread_cond_t work, done;
    job_queue urgent, others;
    bool stopping;
    pthread_t threads[MAX_THREADS];
    int thread_count;
};

static void append(job_queue *queue, sw_job *job)
{
    if (queue->last)
        queue->last->next = job;
    else
        queue->first = job;
    queue->last = job;
}

static sw_job *take(job_queue *queue)
{
    sw_job *job = queue->first;
    if (!job) return NULL;
    queue->first = job->next;
    if (!queue->first) queue->last = NULL;
    return job;
}

static void *run_thread(void *argument)
{
    sw_crew *crew = argument;
    pthread_mutex_lock(&crew->lock);
    while (!crew->stopping) {
        sw_job *job = take(&crew->urgent);
        if (!job) job = take(&crew->others);
        if (!job) {
            pthread_cond_wait(&crew->work, &crew->lock);
            continue;
        }
        pthread_mutex_unlock(&crew->lock);
        job->run(job->user);
        pthread_mutex_lock(&crew->lock);
        job->done = true;
        pthread_cond_broadcast(&crew->done);
    }
    pthread_mutex_unlock(&crew->lock);
    return NULL;
}

sw_status sw_crew_create(sw_crew **out, int threads)
{
    *out = NULL;
    sw_crew *crew = calloc(1, sizeof *crew);
    if (!crew) return sw_fail_alloc("threads", sizeof *crew);
    pthread_mutex_init(&crew->lock, NULL);
    pthread_cond_init(&crew->work, NULL);
    pthread_cond_init(&crew->done, NULL);
    if (threads < 1) threads = (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (threads < 1) threads = 1;
    if (threads > MAX_THREADS) threads = MAX_THREADS;
    while (crew->thread_count < threads &&
           pthread_create(&crew->threads[crew->thread_count], NULL, run_thread, crew) == 0)
        crew->thread_count++;
    if (crew->thread_count == 0) {
        sw_crew_destroy(crew);
        return sw_fail(SW_E_MEMORY, "the system gives no thread");
    }
    *out = crew;
    return SW_OK;
}

void sw_crew_destroy(sw_crew *crew)
{
    if (!crew) return;
    pthread_mutex_lock(&crew->lock);
    crew->stopping = true;
    pthread_cond_broadcast(&crew->work);
    pthread_mutex_unlock(&crew->lock);
    for (int i = 0; i < crew->thread_count; i++) pthread_join(crew->threads[i], NULL);
    pthread_cond_destroy(&crew->work);
    pthread_cond_destroy(&crew->done);
    pthread_mutex_destroy(&crew->lock);
    free(crew);
}

int sw_crew_threads(const sw_crew *crew)
{
    return crew->thread_count;
}

void sw_crew_give(sw_crew *crew, sw_job *job, bool urgent)
{
    pthread_mutex_lock(&crew->lock);
    job->given = true;
    job->done = false;
    job->next = NULL;
    append(urgent ? &crew->urgent : &crew->others, job);
    pthread_cond_signal(&crew->work);
    pthread_mutex_unlock(&crew->lock);
}

bool sw_crew_is_done(sw_crew *crew, const sw_job *job)
{
    pthread_mutex_lock(&crew->lock);
    const bool done = job->given && job->done;
    pthread_mutex_unlock(&crew->lock);
    return done;
}

void sw_crew_wait(sw_crew *crew, const sw_job *job)
{
    if (!job->given) return;
    pthread_mutex_lock(&crew->lock);
    while (!job->done) pthread_cond_wait(&crew->done, &crew->lock);
    pthread_mutex_unlock(&crew->lock);
}
