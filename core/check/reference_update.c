#include <math.h>

#include "check/reference.h"

static void update_adam(double *p, double *m, double *v, double g, const sw_reference_update *config,
                        double lr, uint64_t step, double *moved)
{
    double b1 = config->beta1, b2 = config->beta2, decay = config->weight_decay;
    double correction1 = 1 - pow(b1, (double)step), correction2 = 1 - pow(b2, (double)step);
    double g_size = fabs(g);
    if (config->kind == SW_OPT_ADAMW) {
        *p *= 1 - lr * decay;
    } else {
        g_size += decay * fabs(*p);
        g += decay * *p;
    }
    double m_size = b1 * fabs(*m) + (1 - b1) * g_size;
    *m = b1 * *m + (1 - b1) * g;
    *v = b2 * *v + (1 - b2) * g * g;
    double denominator = sqrt(*v) / sqrt(correction2) + config->eps;
    *p -= lr / correction1 * *m / denominator;
    *moved = lr / correction1 * m_size / denominator;
}

static void update_sgd(double *p, double *m, double g, const sw_reference_update *config, double lr,
                       double *moved)
{
    double momentum = config->momentum;
    double size = fabs(g) + config->weight_decay * fabs(*p);
    g += config->weight_decay * *p;
    if (momentum != 0) {
        double m_size = momentum * fabs(*m) + size;
        *m = momentum * *m + g;
        g = config->nesterov ? g + momentum * *m : *m;
        size = config->nesterov ? size + momentum * m_size : m_size;
    }
    *p -= lr * g;
    *moved = lr * size;
}

void sw_reference_update_run(double *p, double *m, double *v, const double *g, size_t count,
                             const sw_reference_update *config, double lr, uint64_t step, double *moved)
{
    for (size_t i = 0; i < count; i++) {
        double size;
        if (config->kind == SW_OPT_SGD)
            update_sgd(&p[i], m ? &m[i] : NULL, g[i], config, lr, &size);
        else
            update_adam(&p[i], &m[i], &v[i], g[i], config, lr, step, &size);
        if (moved) moved[i] = size;
    }
}

double sw_reference_clip_factor(const double *g, size_t count, double limit)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += g[i] * g[i];
    return fmin(1, limit / (sqrt(sum) + 1e-6));
}

void sw_reference_average(double *average, const double *current, size_t count, double decay)
{
    for (size_t i = 0; i < count; i++) average[i] = decay * average[i] + (1 - decay) * current[i];
}

double sw_reference_average_decay(double decay, uint64_t update)
{
    const double n = (double)update - 1;
    return update == 1 ? 0 : fmin(decay, (1 + n) / (10 + n));
}
