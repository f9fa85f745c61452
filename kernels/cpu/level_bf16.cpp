// AVX-512 with VNNI and bf16: as level_vnni.cpp, and attention with an instruction that adds pairs of products of bf16.
#define WIDTH 16
#define DOT_PRODUCT _mm512_dpbusd_epi32
#define BF16_PRODUCT _mm512_dpbf16_ps
#include "threads.h"

#include "kernels.h"
#include "simd.h"

#include "conv.inc"
#include "delta.inc"
#include "attention.inc"
#include "norm.inc"
#include "encoder.inc"
#include "rope.inc"
#include "products.inc"
#include "block_products.inc"
#include "step.inc"
#include "attention_one.inc"

const Kernels kernels_bf16 = {delta, delta_step, conv, norm, gated_norm, gated_product, product, block_product, block_mlp, rotate, attention, step, encoder_attention, add_layer_norm, biased_gelu};
