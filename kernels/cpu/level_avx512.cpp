// AVX-512 (F, BW, DQ, VL) for what computes in float32; products of whole numbers are those of AVX2.
#define WIDTH 16
#include "threads.h"

#include "kernels.h"
#include "simd.h"

#include "conv.inc"
#include "delta.inc"
#include "attention.inc"
#include "norm.inc"
#include "encoder.inc"
#include "rope.inc"

static int attention_of_one(const AttentionCall *c, int threads) { return kernels_avx2.attention(c, threads); }
static int product(const ProductCall *c, int threads) { return kernels_avx2.product(c, threads); }
static int block_product(const BlockProductCall *c, int threads) { return kernels_avx2.block_product(c, threads); }
static int block_mlp(const BlockMlpCall *c, int threads) { return kernels_avx2.block_mlp(c, threads); }
static int step(const StepCall *c, int threads) { return kernels_avx2.step(c, threads); }

const Kernels kernels_avx512 = {delta, delta_step, conv, norm, gated_norm, gated_product, product, block_product, block_mlp, rotate, attention, step, encoder_attention, add_layer_norm, biased_gelu};
