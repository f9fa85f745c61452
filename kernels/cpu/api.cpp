// The C interface, and the choice of an instruction set by what the processor says that it has.

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __aarch64__
#ifdef __linux__
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif
#else
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "kernels.h"

namespace {

enum Level { NONE, AVX2, AVX512, VNNI, BF16, AMX, NEON };

#ifdef HAVE_AMX
// Whether there are tile products of bytes and of bf16, and the system keeps tiles for this process.
bool tiles_allowed() {
    constexpr unsigned TILES_AND_PRODUCTS = 3u << 24 | 1u << 22;
    constexpr long REQUEST = 0x1023, TILE_DATA = 18;  // ARCH_REQ_XCOMP_PERM, and the number of the state it is about
    unsigned a, b, c, d;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (d & TILES_AND_PRODUCTS) != TILES_AND_PRODUCTS) return false;
    return syscall(SYS_arch_prctl, REQUEST, TILE_DATA) == 0;
}
#endif

#ifdef __aarch64__
int supported() {
#ifdef __linux__
    return getauxval(AT_HWCAP) & HWCAP_ASIMDDP ? NEON : NONE;
#else
    return NEON;  // every Mac with such a processor
#endif
}

const Kernels *table(int) { return &kernels_neon; }
#else
int supported() {
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("f16c")) return NONE;
#ifdef HAVE_AVX512
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl")) {
#ifdef HAVE_VNNI
        if (__builtin_cpu_supports("avx512vnni")) {
#ifdef HAVE_BF16
            if (__builtin_cpu_supports("avx512bf16")) {
#ifdef HAVE_AMX
                if (tiles_allowed()) return AMX;
#endif
                return BF16;
            }
#endif
            return VNNI;
        }
#endif
        return AVX512;
    }
#endif
    return AVX2;
}

const Kernels *table(int level) {
#ifdef HAVE_BF16
    if (level == BF16 || level == AMX) return &kernels_bf16;
#endif
#ifdef HAVE_VNNI
    if (level == VNNI) return &kernels_vnni;
#endif
#ifdef HAVE_AVX512
    if (level == AVX512) return &kernels_avx512;
#endif
    return &kernels_avx2;
}
#endif

}  // namespace

#define PUBLIC __attribute__((visibility("default")))

extern "C" {

// The highest level that this processor and this build have: 0 none, 1 AVX2, 2 AVX-512, 3 AVX-512 with VNNI,
// 4 that with bf16, 5 that with AMX; 6 NEON with products of bytes.
PUBLIC int docqa_level(void) { return supported(); }

PUBLIC int docqa_delta(int level, const DeltaCall *c, int threads) { return table(level)->delta(c, threads); }
PUBLIC int docqa_delta_step(int level, const DeltaCall *c, int threads) { return table(level)->delta_step(c, threads); }
PUBLIC void docqa_conv(int level, const ConvCall *c, int threads) { table(level)->conv(c, threads); }
PUBLIC int docqa_attention(int level, const AttentionCall *c, int threads) { return table(level)->attention(c, threads); }
PUBLIC int docqa_step(int level, const StepCall *c, int threads) { return table(level)->step(c, threads); }
PUBLIC int docqa_product(int level, const ProductCall *c, int threads) {
#ifdef HAVE_AMX
    if (level == AMX) return product_in_tiles(c, threads);
#endif
    return table(level)->product(c, threads);
}

PUBLIC int docqa_block_product(int level, const BlockProductCall *c, int threads) {
#ifdef HAVE_AMX
    if (level == AMX) return block_product_in_tiles(c, threads);
#endif
    return table(level)->block_product(c, threads);
}

PUBLIC int docqa_block_mlp(int level, const BlockMlpCall *c, int threads) {
#ifdef HAVE_AMX
    if (level == AMX) return block_mlp_in_tiles(c, threads);
#endif
    return table(level)->block_mlp(c, threads);
}

PUBLIC void docqa_gated_product(int level, const float *gate, const float *up, float *y, int64_t count, int threads) {
    table(level)->gated_product(gate, up, y, count, threads);
}

PUBLIC int docqa_encoder_attention(int level, const EncoderAttentionCall *c, int threads) {
    return table(level)->encoder_attention(c, threads);
}
PUBLIC void docqa_add_layer_norm(int level, const LayerNormCall *c, int threads) {
    table(level)->add_layer_norm(c, threads);
}
PUBLIC void docqa_biased_gelu(int level, const float *x, const float *shift, float *y, int64_t rows, int64_t dim, int threads) {
    table(level)->biased_gelu(x, shift, y, rows, dim, threads);
}

PUBLIC void docqa_rotate(int level, const RotateCall *c, int threads) { table(level)->rotate(c, threads); }

#include "experts.inc"

PUBLIC int docqa_experts(int level, const ExpertsCall *c, int threads) { return experts(level, c, threads); }

PUBLIC void docqa_norm(int level, const float *x, const float *weight, float eps, float *y, int64_t rows, int64_t dim,
                       int threads) {
    table(level)->norm(x, weight, eps, y, rows, dim, threads);
}

PUBLIC void docqa_gated_norm(int level, const float *x, const float *z, const float *weight, float eps, float *y,
                             int64_t rows, int64_t dim, int threads) {
    table(level)->gated_norm(x, z, weight, eps, y, rows, dim, threads);
}

}  // extern "C"
