// AVX2 with FMA and F16C: every x86-64 server and laptop processor since about 2015.
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

const Kernels kernels_avx2 = {delta, delta_step, conv, norm, gated_norm, gated_product, product, block_product, block_mlp, rotate, attention, step, encoder_attention, add_layer_norm, biased_gelu};
