#include <math.h>

#include "check/reference.h"

void sw_reference_batchnorm_statistics(double *mean, double *variance, const double *x, sw_shape s)
{
    size_t m = sw_shape_pixels(s), channels = (size_t)s.c;
    for (size_t c = 0; c < channels; c++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < m; i++) sum += x[i * channels + c];
        mean[c] = sum / (double)m;
        for (size_t i = 0; i < m; i++) {
            double centred = x[i * channels + c] - mean[c];
            squares += centred * centred;
        }
        variance[c] = squares / (double)m;
    }
}

void sw_reference_batchnorm_running(double *running_mean, double *running_variance, const double *mean,
                                    const double *variance, double momentum, sw_shape s)
{
    double m = (double)sw_shape_pixels(s);
    double unbiased = m > 1 ? m / (m - 1) : 1;
    for (int c = 0; c < s.c; c++) {
        running_mean[c] = (1 - momentum) * running_mean[c] + momentum * mean[c];
        running_variance[c] = (1 - momentum) * running_variance[c] + momentum * unbiased * variance[c];
    }
}

void sw_reference_batchnorm_y(double *y, const double *x, sw_shape s, const double *mean,
                              const double *variance, const double *gamma, const double *beta, double eps,
                              bool relu)
{
    size_t elems = sw_shape_elems(s), channels = (size_t)s.c;
    for (size_t i = 0; i < elems; i++) {
        size_t c = i % channels;
        y[i] = gamma[c] * (x[i] - mean[c]) / sqrt(variance[c] + eps) + beta[c];
        if (relu && y[i] < 0) y[i] = 0;
    }
}

void sw_reference_batchnorm_backward(double *dx, double *dgamma, double *dbeta, const double *x,
                                     const double *dy, sw_shape s, const double *mean, const double *variance,
                                     const double *gamma, double eps, const uint8_t *passed)
{
    size_t m = sw_shape_pixels(s), channels = (size_t)s.c;
    for (size_t c = 0; c < channels; c++) {
        double rstd = 1 / sqrt(variance[c] + eps);
        dgamma[c] = 0;
        dbeta[c] = 0;
        for (size_t i = c; i < m * channels; i += channels) {
            double g = !passed || passed[i] ? dy[i] : 0;
            dbeta[c] += g;
            dgamma[c] += g * (x[i] - mean[c]) * rstd;
        }
        for (size_t i = c; i < m * channels; i += channels) {
            double g = !passed || passed[i] ? dy[i] : 0;
            double xhat = (x[i] - mean[c]) * rstd;
            dx[i] = gamma[c] * rstd * (g - dbeta[c] / (double)m - xhat * dgamma[c] / (double)m);
        }
    }
}
