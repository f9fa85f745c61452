// NEON with products of bytes (ARMv8.2 with dot products: Apple M, Graviton 2 and later, Snapdragon laptops), in the form of
// the AVX2 level.
#define WIDTH 8
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

const Kernels kernels_neon = {delta, delta_step, conv, norm, gated_norm, gated_product, product, block_product, block_mlp, rotate, attention, step, encoder_attention, add_layer_norm, biased_gelu};
