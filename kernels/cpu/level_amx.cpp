// AVX-512 with VNNI, bf16 and AMX: all is that of level_bf16.cpp but products of many tokens, which are made in tiles.
#define WIDTH 16
#define DOT_PRODUCT _mm512_dpbusd_epi32
#define TILE_PRODUCTS
#include "threads.h"

#include "kernels.h"
#include "simd.h"

#include "products.inc"
#include "block_products.inc"

int product_in_tiles(const ProductCall *c, int threads) { return product(c, threads); }
int block_product_in_tiles(const BlockProductCall *c, int threads) { return block_product(c, threads); }
int block_mlp_in_tiles(const BlockMlpCall *c, int threads) {
    return c->tokens <= FEW_FOR_BLOCKS ? kernels_bf16.block_mlp(c, threads) : mlp_in_block_tiles(c, threads);
}
