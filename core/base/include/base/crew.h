/* Threads that do jobs beside the caller, who may wait for each of them. One thread at a time gives the jobs
 * and waits; what a job has written is the caller's to read once it was waited for. */
#ifndef BASE_CREW_H
#define BASE_CREW_H

#include <stdbool.h>

#include "base/status.h"

typedef struct sw_crew sw_crew;

/* A zeroed one is no job yet. Stays where it is, with what it works on, until it was waited for. */
typedef struct sw_job {
    void (*run)(void *user);
    void *user;
    bool given, done;
    struct sw_job *next;
} sw_job;

/* Starts so many threads (below 1: one for each processor). SW_E_MEMORY: the system gives none. */
sw_status sw_crew_create(sw_crew **out, int threads) SW_NODISCARD;

/* Drops the jobs that no thread has begun, waits for the others and ends the threads. Accepts NULL. */
void sw_crew_destroy(sw_crew *crew);

int sw_crew_threads(const sw_crew *crew);

/* Gives a job away: job->run(job->user) is called by one of the threads. Urgent jobs are begun before all
 * others; else the order is that of giving. */
void sw_crew_give(sw_crew *crew, sw_job *job, bool urgent);

/* Tells whether a job was given and is done. */
bool sw_crew_is_done(sw_crew *crew, const sw_job *job);

/* Waits until a job is done; returns at once for one that was not given. */
void sw_crew_wait(sw_crew *crew, const sw_job *job);

#endif
