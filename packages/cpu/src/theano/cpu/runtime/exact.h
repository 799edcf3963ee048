/* Logarithm, exponential, sine and cosine from operations that round correctly everywhere: the twin of
 * theano/tensor/random/exact.py, operation by operation. */
#ifndef THEANO_EXACT_H
#define THEANO_EXACT_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#define ALWAYS static inline __attribute__((always_inline))

ALWAYS uint32_t bits32(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

ALWAYS float float_of(uint32_t u)
{
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

ALWAYS uint64_t bits64(double x)
{
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

ALWAYS double double_of(uint64_t u)
{
    double x;
    memcpy(&x, &u, sizeof x);
    return x;
}

ALWAYS float log32(float x)
{
    int32_t shifted = (int32_t)(bits32(x) - 0x3F3504F3u);
    float k = (float)(shifted >> 23);
    float f = float_of((uint32_t)(shifted & 0x7FFFFF) + 0x3F3504F3u) - 1.0f, z = f * f;
    float p = -0.07859679311513901f;
    p = p * f + 0.12881681323051453f;
    p = p * f + -0.13128744065761566f;
    p = p * f + 0.14181186258792877f;
    p = p * f + -0.16624554991722107f;
    p = p * f + 0.2000228613615036f;
    p = p * f + -0.25000810623168945f;
    p = p * f + 0.33333316445350647f;
    float y = f * (z * p);
    y = y + k * 3.194618329871446e-05f;
    y = y - 0.5f * z;
    return (y + f) + k * 0.693115234375f;
}

ALWAYS double log64(double x)
{
    uint64_t shifted = bits64(x) + (0x3FF0000000000000u - 0x3FE6A09E667F3BCDu);
    double k = double_of((shifted >> 52) | 0x4330000000000000u) - (4503599627370496.0 + 1023.0);
    double f = double_of((shifted & 0xFFFFFFFFFFFFFu) + 0x3FE6A09E667F3BCDu) - 1.0;
    double s = f / (2.0 + f), z = s * s, half = 0.5 * f * f;
    double p = 0.1479750918722889;
    p = p * z + 0.1531390300332426;
    p = p * z + 0.18183569754316545;
    p = p * z + 0.2222219847557568;
    p = p * z + 0.2857142874326846;
    p = p * z + 0.39999999999411057;
    p = p * z + 0.6666666666666735;
    double r = z * p;
    return k * 0.6931467056274414 - ((half - (s * (half + r) + k * 4.7493250390316726e-07)) - f);
}

ALWAYS double exp64(double x)
{
    double small = x > -708.0 ? x : -708.0, k = rint(small * 1.4426950408889634);
    double r = (small - k * 0.6931467056274414) - k * 4.7493250390316726e-07;
    double p = 2.0927002573563894e-09;
    p = p * r + 2.5112346205213896e-08;
    p = p * r + 2.755723315834569e-07;
    p = p * r + 2.7557233936308208e-06;
    p = p * r + 2.4801587373995825e-05;
    p = p * r + 0.0001984126989735472;
    p = p * r + 0.0013888888888858295;
    p = p * r + 0.008333333333316621;
    p = p * r + 0.04166666666666673;
    p = p * r + 0.16666666666666685;
    p = p * r + 0.5;
    double y = 1.0 + (r + r * r * p);
    return x < -708.0 ? 0.0 : y * double_of((uint64_t)((int64_t)k + 1023) << 52);
}

/* Cosine and sine after the quarter turns that the two upper bits of `word` tell. */
ALWAYS void rotate32(float *c, float *s, uint32_t word)
{
    uint32_t quarter = word >> 30, swap = 0u - (quarter & 1u), a = bits32(*c), b = bits32(*s);
    uint32_t cosine = (b & swap) | (a & ~swap), sine = (a & swap) | (b & ~swap);
    *c = float_of(cosine ^ (((quarter + 1u) & 2u) << 30));
    *s = float_of(sine ^ ((quarter & 2u) << 30));
}

ALWAYS void rotate64(double *c, double *s, uint32_t word)
{
    uint64_t quarter = word >> 30, swap = 0u - (quarter & 1u), a = bits64(*c), b = bits64(*s);
    uint64_t cosine = (b & swap) | (a & ~swap), sine = (a & swap) | (b & ~swap);
    *c = double_of(cosine ^ (((quarter + 1u) & 2u) << 62));
    *s = double_of(sine ^ ((quarter & 2u) << 62));
}

ALWAYS void turn32(uint32_t word, float *c, float *s)
{
    float t = (float)(int32_t)(word << 2) * 4.656612873077393e-10f, q = t * t;
    float a = -3.595450834836811e-05f, b = 3.531333732098574e-06f;
    a = a * q + 0.002490007085725665f;
    a = a * q + -0.08074543625116348f;
    a = a * q + 0.7853981852531433f;
    b = b * q + -0.00032594200456514955f;
    b = b * q + 0.015854327008128166f;
    b = b * q + -0.3084251284599304f;
    *s = t * a;
    *c = 1.0f + q * b;
    rotate32(c, s, word);
}

ALWAYS void turn64(uint32_t high, uint32_t low, double *c, double *s)
{
    double t = (double)(int32_t)(high << 2) * 4.656612873077393e-10;
    t = t + (double)(int32_t)(low >> 1) * 8.673617379884035e-19;
    double q = t * t, a = -2.02259163660992e-14, b = 9.929060666488894e-16;
    a = a * q + 6.948154149393826e-12;
    a = a * q + -1.757247420528062e-09;
    a = a * q + 3.133616889193132e-07;
    a = a * q + -3.65762041821471e-05;
    a = a * q + 0.0024903945701927163;
    a = a * q + -0.08074551218828079;
    a = a * q + 0.7853981633974483;
    b = b * q + -3.897906664552983e-13;
    b = b * q + 1.1501157467056476e-10;
    b = b * q + -2.4611369495329237e-08;
    b = b * q + 3.5908604485882677e-06;
    b = b * q + -0.0003259918869273894;
    b = b * q + 0.015854344243815502;
    b = b * q + -0.30842513753404244;
    *s = t * a;
    *c = 1.0 + q * b;
    rotate64(c, s, high);
}

#endif
