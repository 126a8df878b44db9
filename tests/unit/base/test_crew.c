/* Jobs done by threads beside the caller. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>

#include "base/crew.h"

enum { JOBS = 500 };

typedef struct sum {
    sw_job job;
    int from;
    long total;
} sum;

static void add_up(void *user)
{
    sum *s = user;
    for (int i = 0; i < 1000; i++) s->total += s->from + i;
}

static sw_crew *crew_of(int threads)
{
    sw_crew *crew;
    cr_assert_eq(sw_crew_create(&crew, threads), SW_OK, "%s", sw_error_message());
    return crew;
}

Test(crew, what_a_job_has_written_is_there_once_it_was_waited_for)
{
    for (int threads = 1; threads <= 4; threads++) {
        static sum sums[JOBS];
        memset(sums, 0, sizeof sums);
        sw_crew *crew = crew_of(threads);
        cr_expect_eq(sw_crew_threads(crew), threads);
        for (int i = 0; i < JOBS; i++) {
            sums[i] = (sum){.job = {.run = add_up, .user = &sums[i]}, .from = i};
            sw_crew_give(crew, &sums[i].job, i % 3 == 0);
        }
        for (int i = JOBS - 1; i >= 0; i--) {
            sw_crew_wait(crew, &sums[i].job);
            cr_expect(sw_crew_is_done(crew, &sums[i].job));
            cr_assert_eq(sums[i].total, 1000L * i + 499500);
        }
        sw_crew_destroy(crew);
    }
}

Test(crew, a_job_that_was_not_given_is_not_waited_for)
{
    sw_crew *crew = crew_of(1);
    const sw_job job = {.run = add_up};
    sw_crew_wait(crew, &job);
    cr_expect_not(sw_crew_is_done(crew, &job));
    sw_crew_destroy(crew);
    sw_crew_destroy(NULL);
}

/* A door that the test holds shut while it gives jobs. */
static pthread_mutex_t door = PTHREAD_MUTEX_INITIALIZER;
static char order[16];

static void pass_door(void *user)
{
    (void)user;
    pthread_mutex_lock(&door);
    pthread_mutex_unlock(&door);
}

static void note(void *user)
{
    strcat(order, user);
}

Test(crew, urgent_jobs_are_begun_first_and_each_kind_in_the_order_of_giving)
{
    sw_job jobs[] = {{.run = pass_door},
                     {.run = note, .user = "a"},
                     {.run = note, .user = "b"},
                     {.run = note, .user = "c"},
                     {.run = note, .user = "d"}};
    pthread_mutex_lock(&door);
    sw_crew *crew = crew_of(1);
    sw_crew_give(crew, &jobs[0], true);
    sw_crew_give(crew, &jobs[1], false);
    sw_crew_give(crew, &jobs[2], true);
    sw_crew_give(crew, &jobs[3], false);
    sw_crew_give(crew, &jobs[4], true);
    pthread_mutex_unlock(&door);
    for (int i = 0; i < 5; i++) sw_crew_wait(crew, &jobs[i]);
    cr_expect_str_eq(order, "bdac");
    sw_crew_destroy(crew);
}

Test(crew, jobs_that_were_not_begun_are_dropped_at_the_end)
{
    static sum sums[JOBS];
    sw_crew *crew = crew_of(2);
    for (int i = 0; i < JOBS; i++) {
        sums[i] = (sum){.job = {.run = add_up, .user = &sums[i]}, .from = i};
        sw_crew_give(crew, &sums[i].job, false);
    }
    sw_crew_destroy(crew);
    for (int i = 0; i < JOBS; i++) cr_expect(sums[i].total == 0 || sums[i].job.done, "half a job");
}
