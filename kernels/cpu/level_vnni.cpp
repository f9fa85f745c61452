// AVX-512 with VNNI: one instruction multiplies and adds four pairs of bytes in each of sixteen lanes.
#define WIDTH 16
#define DOT_PRODUCT _mm512_dpbusd_epi32
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

const Kernels kernels_vnni = {delta, delta_step, conv, norm, gated_norm, gated_product, product, block_product, block_mlp, rotate, attention, step, encoder_attention, add_layer_norm, biased_gelu};
