// The operations as one table of functions; every instruction set fills in its own (level_*.cpp), api.cpp chooses.
//
// Matrices are row-major float32 unless said; `threads` is how many may work. No result depends on it: each output is
// computed by one thread in one order.
#pragma once

#include <stdint.h>

// A tensor [batch, seq, heads, dim] whose dims lie next to each other; strides in elements.
struct Heads {
    const float *data;
    int64_t batch, seq, head;
};

struct DeltaCall {
    int64_t batch, seq, heads, key_dim, value_dim;
    Heads q, k, v;              // q is scaled by key_dim^-1/2 inside
    const float *decay, *beta;  // [batch, seq, heads]; decay is a natural logarithm
    float *state;               // [batch, heads, key_dim, value_dim], before on entry and after on return
    float *out;                 // [batch, seq, heads, value_dim]
};

struct ConvCall {
    int64_t batch, seq, channels, taps;
    const float *x, *history;  // [batch, seq, channels] behind [batch, taps - 1, channels]
    const float *weight;       // [taps, channels]
    int64_t unit_heads, unit_dim;  // so many heads of so many channels, from the first, come out with length 1
    float *out;                // [batch, seq, channels]
};

// y [tokens, rows] = x [tokens, columns] times a matrix [rows, columns] quantized in groups of 64 columns: value =
// (q - zero) * scale. `bits` 4: two columns a byte, the low half first; 8: signed bytes. Scales and zeros are fp16
// [columns / 64, rows]. The activations are rounded to 8 bits for each token and group.
struct ProductCall {
    int64_t tokens, rows, columns, bits;
    const uint8_t *q;
    const uint16_t *scale, *zero;
    const float *x;
    float *y;
};

struct Kernels {
    int (*delta)(const DeltaCall *, int threads);  // 0, or 1 when there is no memory
    int (*delta_step)(const DeltaCall *, int threads);
    void (*conv)(const ConvCall *, int threads);
    void (*norm)(const float *x, const float *weight, float eps, float *y, int64_t rows, int64_t dim, int threads);
    void (*gated_norm)(const float *x, const float *z, const float *weight, float eps, float *y, int64_t rows,
                       int64_t dim, int threads);
    void (*gated_product)(const float *gate, const float *up, float *y, int64_t count, int threads);
    int (*product)(const ProductCall *, int threads);  // 0, or 1 when there is no memory
};

extern const Kernels kernels_avx2, kernels_avx512, kernels_vnni;  // the last two where the compiler has them
