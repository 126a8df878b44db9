#include "stop.h"

#include <stddef.h>

static volatile sig_atomic_t stop;

/* The first Ctrl-C asks to finish the step and save; the second takes the default: the end. */
static void ask_to_stop(int signal_number)
{
    stop = 1;
    signal(signal_number, SIG_DFL);
}

static struct sigaction asking(void)
{
    struct sigaction action = {.sa_handler = ask_to_stop, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    return action;
}

volatile sig_atomic_t *sw_stop_on_interrupt(void)
{
    const struct sigaction action = asking();
    sigaction(SIGINT, &action, NULL);
    return &stop;
}

volatile sig_atomic_t *sw_stop_on_signals(void)
{
    const struct sigaction action = asking();
    sw_stop_on_interrupt();
    sigaction(SIGTERM, &action, NULL);
    /* a lost terminal stops the run too, unless nohup said otherwise */
    struct sigaction before;
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(SIGHUP, &action, NULL);
    return &stop;
}
