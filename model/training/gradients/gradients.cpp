// Backward passes of kernels/cpu/conv.inc and delta.inc, for the processor that this is compiled on.
#ifdef __AVX512DQ__
#define WIDTH 16
#else
#define WIDTH 8
#endif
#include "threads.h"

#include "kernels.h"
#include "simd.h"

#include "conv.inc"
#include "delta.inc"

// Gradients of `delta`: of `forward` the inputs and the history count. `out` and `state` are those of its results, and
// `state` becomes that of the state before the first token; the others are written, laid out as [batch, seq, heads, ...].
struct DeltaGradientCall {
    DeltaCall forward;
    const float *out;
    float *state, *q, *k, *v, *decay, *beta;
};

// Gradients of `conv` with no head of more than 256 channels: `out` is that of the results, `x` and `weight` are written,
// laid out as theirs. The history gets none.
struct ConvGradientCall {
    ConvCall forward;
    const float *out;
    float *x, *weight;
};

#include "conv_gradient.inc"
#include "delta_gradient.inc"

#define PUBLIC __attribute__((visibility("default")))

extern "C" {
PUBLIC int docqa_delta_gradient(const DeltaGradientCall *c, int threads) { return delta_gradient(c, threads); }
PUBLIC void docqa_conv_gradient(const ConvGradientCall *c, int threads) { conv_gradient(c, threads); }
}
