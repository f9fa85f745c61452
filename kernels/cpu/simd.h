// Vectors of WIDTH floats under one set of names: 8 (AVX2 with FMA, or NEON) or 16 (AVX-512), as the including file sets it.
//
// Everything is static: the same names are compiled once for each instruction set, and a symbol shared between objects
// could bring AVX-512 code to a processor without it. For that reason nothing of the C++ library is used either.
#pragma once

#ifdef __aarch64__
#include "neon.h"
#else
#include <immintrin.h>
#endif
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if WIDTH == 16

using Floats = __m512;
static inline Floats load(const float *p) { return _mm512_loadu_ps(p); }
static inline void store(float *p, Floats x) { _mm512_storeu_ps(p, x); }
static inline Floats all(float x) { return _mm512_set1_ps(x); }
static inline Floats fma(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }    //  a * b + c
static inline Floats fnma(Floats a, Floats b, Floats c) { return _mm512_fnmadd_ps(a, b, c); }  // -a * b + c
static inline Floats least(Floats a, Floats b) { return _mm512_min_ps(a, b); }
static inline Floats most(Floats a, Floats b) { return _mm512_max_ps(a, b); }
static inline Floats rounded(Floats x) { return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
static inline Floats power_of_two(Floats whole) {  // 2^whole for whole numbers from -126 to 127
    const __m512i bits = _mm512_add_epi32(_mm512_cvtps_epi32(whole), _mm512_set1_epi32(127));
    return _mm512_castsi512_ps(_mm512_slli_epi32(bits, 23));
}
static inline int above(Floats a, Floats b) { return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ) != 0; }  // in any lane

#else

using Floats = __m256;
static inline Floats load(const float *p) { return _mm256_loadu_ps(p); }
static inline void store(float *p, Floats x) { _mm256_storeu_ps(p, x); }
static inline Floats all(float x) { return _mm256_set1_ps(x); }
static inline Floats fma(Floats a, Floats b, Floats c) { return _mm256_fmadd_ps(a, b, c); }
static inline Floats fnma(Floats a, Floats b, Floats c) { return _mm256_fnmadd_ps(a, b, c); }
static inline Floats least(Floats a, Floats b) { return _mm256_min_ps(a, b); }
static inline Floats most(Floats a, Floats b) { return _mm256_max_ps(a, b); }
#ifdef __aarch64__
static inline Floats rounded(Floats x) { return rounded_to_even(x); }
#else
static inline Floats rounded(Floats x) { return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
#endif
static inline Floats power_of_two(Floats whole) {
    const __m256i bits = _mm256_add_epi32(_mm256_cvtps_epi32(whole), _mm256_set1_epi32(127));
    return _mm256_castsi256_ps(_mm256_slli_epi32(bits, 23));
}
#ifdef __aarch64__
static inline int above(Floats a, Floats b) { return any_above(a, b); }
#else
static inline int above(Floats a, Floats b) { return _mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_GT_OQ)) != 0; }
#endif

#endif

// The first `count` floats at p, zeros behind them; and the first `count` lanes stored. For the ends of rows.
static inline Floats load_some(const float *p, int64_t count) {
    float lanes[WIDTH] = {};
    memcpy(lanes, p, (size_t)count * sizeof(float));
    return load(lanes);
}

static inline void store_some(float *p, Floats x, int64_t count) {
    float lanes[WIDTH];
    store(lanes, x);
    memcpy(p, lanes, (size_t)count * sizeof(float));
}

static inline Floats load_upto(const float *p, int64_t count) { return count >= WIDTH ? load(p) : load_some(p, count); }

static inline void store_upto(float *p, Floats x, int64_t count) {
    count >= WIDTH ? store(p, x) : store_some(p, x, count);
}

static inline float sum(Floats x) {
    float lanes[WIDTH];
    store(lanes, x);
    for (int half = WIDTH / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++) lanes[i] += lanes[i + half];
    return lanes[0];
}

static inline float largest_of(Floats x) {
    float lanes[WIDTH], largest;
    store(lanes, x);
    largest = lanes[0];
    for (int i = 1; i < WIDTH; i++) largest = lanes[i] > largest ? lanes[i] : largest;
    return largest;
}

// e^x within 2 units of the last place; 0 below -87, largest below infinity above 88. The polynomial is the Taylor
// series up to the seventh power on half a binary octave.
static inline Floats exponential(Floats x) {
    x = least(most(x, all(-87.0f)), all(88.0f));
    const Floats whole = rounded(x * all(1.44269504088896341f));
    Floats rest = fnma(whole, all(0.693145751953125f), x);  // ln 2 in two parts: the first times `whole` is exact
    rest = fnma(whole, all(1.428606765330187e-06f), rest);
    Floats value = all(1.0f / 5040);
    value = fma(value, rest, all(1.0f / 720));
    value = fma(value, rest, all(1.0f / 120));
    value = fma(value, rest, all(1.0f / 24));
    value = fma(value, rest, all(1.0f / 6));
    value = fma(value, rest, all(0.5f));
    value = fma(value, rest, all(1.0f));
    value = fma(value, rest, all(1.0f));
    return value * power_of_two(whole);
}

static inline Floats silu(Floats x) { return x / (all(1.0f) + exponential(all(0.0f) - x)); }

// Memory in whole lines of the cache; free() lets go of it. macOS refuses sizes that are no multiple.
static inline void *allocated(size_t bytes) { return aligned_alloc(64, (bytes + 63) / 64 * 64); }

// The part of `count` things that belongs to thread `number` of `threads`: whole multiples of `unit`.
static inline void share(int64_t count, int64_t unit, int number, int threads, int64_t *first, int64_t *last) {
    const int64_t units = (count + unit - 1) / unit;
    *first = units * number / threads * unit;
    *last = units * (number + 1) / threads * unit;
    if (*last > count) *last = count;
    if (*first > count) *first = count;
}
