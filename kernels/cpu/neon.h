// The vectors of 256 bits that the AVX2 level is written in, on ARM: each is two of NEON, and every operation gives the
// bits that Intel's of the same name does, so that a result does not depend on the processor. Only what the kernels use
// is here. Sums of products of bytes have instructions of their own (`four_products`).
#pragma once

#include <arm_neon.h>
#include <stdint.h>
#include <string.h>

typedef float __m256 __attribute__((vector_size(32)));
typedef long long __m256i __attribute__((vector_size(32)));
typedef float __m128 __attribute__((vector_size(16)));
typedef long long __m128i __attribute__((vector_size(16)));
typedef int32_t Words8 __attribute__((vector_size(32)));
typedef int16_t Shorts16 __attribute__((vector_size(32)));
typedef uint16_t Ushorts16 __attribute__((vector_size(32)));
typedef int8_t Bytes32 __attribute__((vector_size(32)));

#define INLINE static inline __attribute__((always_inline))

// ---- Halves

INLINE int8x16_t low_half(__m256i x) { return (int8x16_t)__builtin_shufflevector(x, x, 0, 1); }
INLINE int8x16_t high_half(__m256i x) { return (int8x16_t)__builtin_shufflevector(x, x, 2, 3); }
INLINE __m256i joined(int8x16_t low, int8x16_t high) {
    return __builtin_shufflevector((__m128i)low, (__m128i)high, 0, 1, 2, 3);
}
INLINE float32x4_t low_half(__m256 x) { return (float32x4_t)__builtin_shufflevector(x, x, 0, 1, 2, 3); }
INLINE float32x4_t high_half(__m256 x) { return (float32x4_t)__builtin_shufflevector(x, x, 4, 5, 6, 7); }
INLINE __m256 joined(float32x4_t low, float32x4_t high) {
    return __builtin_shufflevector((__m128)low, (__m128)high, 0, 1, 2, 3, 4, 5, 6, 7);
}
INLINE __m256i joined(int32x4_t low, int32x4_t high) { return joined((int8x16_t)low, (int8x16_t)high); }
INLINE __m256i joined(int16x8_t low, int16x8_t high) { return joined((int8x16_t)low, (int8x16_t)high); }

// Of both halves the same.
#define HALVES(function, a, b) joined(function(low_half(a), low_half(b)), function(high_half(a), high_half(b)))

// ---- Floats

INLINE __m256 _mm256_loadu_ps(const float *p) { return joined(vld1q_f32(p), vld1q_f32(p + 4)); }
INLINE void _mm256_storeu_ps(float *p, __m256 x) { vst1q_f32(p, low_half(x)), vst1q_f32(p + 4, high_half(x)); }
INLINE __m256 _mm256_set1_ps(float x) { return joined(vdupq_n_f32(x), vdupq_n_f32(x)); }
INLINE __m256 _mm256_setzero_ps() { return _mm256_set1_ps(0.0f); }
INLINE __m128 _mm_set1_ps(float x) { return (__m128)vdupq_n_f32(x); }
INLINE __m256 _mm256_set_m128(__m128 high, __m128 low) { return joined((float32x4_t)low, (float32x4_t)high); }
INLINE __m256 _mm256_add_ps(__m256 a, __m256 b) { return a + b; }
INLINE __m256 _mm256_sub_ps(__m256 a, __m256 b) { return a - b; }
INLINE __m256 _mm256_mul_ps(__m256 a, __m256 b) { return a * b; }
INLINE __m256 _mm256_fmadd_ps(__m256 a, __m256 b, __m256 c) {
    return joined(vfmaq_f32(low_half(c), low_half(a), low_half(b)), vfmaq_f32(high_half(c), high_half(a), high_half(b)));
}
INLINE __m256 _mm256_fnmadd_ps(__m256 a, __m256 b, __m256 c) {
    return joined(vfmsq_f32(low_half(c), low_half(a), low_half(b)), vfmsq_f32(high_half(c), high_half(a), high_half(b)));
}
// The second operand where they are not comparable, as Intel's.
INLINE float32x4_t lesser(float32x4_t a, float32x4_t b) { return vbslq_f32(vcltq_f32(a, b), a, b); }
INLINE float32x4_t greater(float32x4_t a, float32x4_t b) { return vbslq_f32(vcgtq_f32(a, b), a, b); }
INLINE __m256 _mm256_min_ps(__m256 a, __m256 b) { return HALVES(lesser, a, b); }
INLINE __m256 _mm256_max_ps(__m256 a, __m256 b) { return HALVES(greater, a, b); }
INLINE __m256 _mm256_andnot_ps(__m256 a, __m256 b) { return (__m256)(~(Words8)a & (Words8)b); }
INLINE __m256 rounded_to_even(__m256 x) { return joined(vrndnq_f32(low_half(x)), vrndnq_f32(high_half(x))); }
INLINE int any_above(__m256 a, __m256 b) {
    const uint32x4_t found = vorrq_u32(vcgtq_f32(low_half(a), low_half(b)), vcgtq_f32(high_half(a), high_half(b)));
    return vmaxvq_u32(found) != 0;
}
// Sums of neighbours: two of a, two of b, in each half.
INLINE __m256 _mm256_hadd_ps(__m256 a, __m256 b) { return HALVES(vpaddq_f32, a, b); }
INLINE __m256 _mm256_permute2f128_ps(__m256 a, __m256 b, int halves) {
    return halves == 0x20 ? joined(low_half(a), low_half(b)) : joined(high_half(a), high_half(b));
}
INLINE __m128 _mm256_castps256_ps128(__m256 x) { return (__m128)low_half(x); }
INLINE __m128 _mm256_extractf128_ps(__m256 x, int) { return (__m128)high_half(x); }
INLINE __m128 _mm_add_ps(__m128 a, __m128 b) { return a + b; }
INLINE __m128 _mm_movehl_ps(__m128 a, __m128 b) { return __builtin_shufflevector(a, b, 6, 7, 2, 3); }
INLINE __m128 _mm_movehdup_ps(__m128 x) { return __builtin_shufflevector(x, x, 1, 1, 3, 3); }
INLINE __m128 _mm_add_ss(__m128 a, __m128 b) {
    a[0] += b[0];
    return a;
}
INLINE float _mm_cvtss_f32(__m128 x) { return x[0]; }

// ---- Halves of 16 bits to floats

INLINE __m256 _mm256_cvtph_ps(__m128i x) {
    const float16x8_t halves = (float16x8_t)x;
    return joined(vcvt_f32_f16(vget_low_f16(halves)), vcvt_high_f32_f16(halves));
}
INLINE float _cvtsh_ss(uint16_t x) {
    __fp16 half;
    memcpy(&half, &x, sizeof(half));
    return (float)half;
}

// ---- Whole numbers

INLINE __m256i _mm256_loadu_si256(const __m256i *p) {
    const int8_t *bytes = (const int8_t *)p;
    return joined(vld1q_s8(bytes), vld1q_s8(bytes + 16));
}
INLINE void _mm256_storeu_si256(__m256i *p, __m256i x) {
    int8_t *bytes = (int8_t *)p;
    vst1q_s8(bytes, low_half(x)), vst1q_s8(bytes + 16, high_half(x));
}
INLINE __m128i _mm_loadu_si128(const __m128i *p) { return (__m128i)vld1q_s8((const int8_t *)p); }
INLINE void _mm_storeu_si128(__m128i *p, __m128i x) { vst1q_s8((int8_t *)p, (int8x16_t)x); }
INLINE __m128i _mm_loadl_epi64(const __m128i *p) { return (__m128i)vcombine_s8(vld1_s8((const int8_t *)p), vdup_n_s8(0)); }
INLINE void _mm_storel_epi64(__m128i *p, __m128i x) { vst1_s8((int8_t *)p, vget_low_s8((int8x16_t)x)); }
INLINE __m128i _mm_cvtsi64_si128(long long x) { return (__m128i){x, 0}; }
INLINE __m256i _mm256_setzero_si256() { return (__m256i){0, 0, 0, 0}; }
INLINE __m256i _mm256_set1_epi8(char x) { return joined(vdupq_n_s8((int8_t)x), vdupq_n_s8((int8_t)x)); }
INLINE __m256i _mm256_set1_epi16(short x) { return joined(vdupq_n_s16(x), vdupq_n_s16(x)); }
INLINE __m256i _mm256_set1_epi32(int x) { return joined(vdupq_n_s32(x), vdupq_n_s32(x)); }
INLINE __m256i _mm256_set1_epi64x(long long x) { return (__m256i){x, x, x, x}; }
INLINE __m256i _mm256_setr_epi64x(long long a, long long b, long long c, long long d) { return (__m256i){a, b, c, d}; }
INLINE __m256i _mm256_set_m128i(__m128i high, __m128i low) { return joined((int8x16_t)low, (int8x16_t)high); }
INLINE __m256i _mm256_broadcastsi128_si256(__m128i x) { return joined((int8x16_t)x, (int8x16_t)x); }
template <typename... Byte>
INLINE __m128i _mm_setr_epi8(Byte... bytes) {
    const int8_t all[16] = {(int8_t)bytes...};
    return (__m128i)vld1q_s8(all);
}
INLINE __m128i _mm256_castsi256_si128(__m256i x) { return (__m128i)low_half(x); }
INLINE __m128i _mm256_extracti128_si256(__m256i x, int) { return (__m128i)high_half(x); }
INLINE __m256 _mm256_castsi256_ps(__m256i x) { return (__m256)x; }
INLINE __m256i _mm256_permute2x128_si256(__m256i a, __m256i b, int halves) {
    return halves == 0x20 ? joined(low_half(a), low_half(b)) : joined(high_half(a), high_half(b));
}
INLINE __m256i _mm256_and_si256(__m256i a, __m256i b) { return a & b; }
INLINE __m256i _mm256_or_si256(__m256i a, __m256i b) { return a | b; }
INLINE __m256i _mm256_xor_si256(__m256i a, __m256i b) { return a ^ b; }
INLINE __m256i _mm256_add_epi16(__m256i a, __m256i b) { return (__m256i)((Ushorts16)a + (Ushorts16)b); }
INLINE __m256i _mm256_add_epi32(__m256i a, __m256i b) {
    return joined(vaddq_s32((int32x4_t)low_half(a), (int32x4_t)low_half(b)), vaddq_s32((int32x4_t)high_half(a), (int32x4_t)high_half(b)));
}
INLINE __m256i _mm256_srli_epi16(__m256i x, int bits) { return (__m256i)((Ushorts16)x >> (unsigned short)bits); }
INLINE __m256i _mm256_slli_epi16(__m256i x, int bits) { return (__m256i)((Ushorts16)x << (unsigned short)bits); }
INLINE __m256i _mm256_slli_epi32(__m256i x, int bits) {
    const int32x4_t by = vdupq_n_s32(bits);
    return joined(vshlq_s32((int32x4_t)low_half(x), by), vshlq_s32((int32x4_t)high_half(x), by));
}
INLINE __m128i _mm_srli_epi16(__m128i x, int bits) { return (__m128i)vshlq_u16((uint16x8_t)x, vdupq_n_s16((short)-bits)); }
INLINE __m256i _mm256_cmpeq_epi8(__m256i a, __m256i b) { return (__m256i)((Bytes32)a == (Bytes32)b); }

// ---- Between floats and whole numbers: to the nearest, ties to even

INLINE __m256i _mm256_cvtps_epi32(__m256 x) { return joined(vcvtnq_s32_f32(low_half(x)), vcvtnq_s32_f32(high_half(x))); }
INLINE __m256 _mm256_cvtepi32_ps(__m256i x) {
    return joined(vcvtq_f32_s32((int32x4_t)low_half(x)), vcvtq_f32_s32((int32x4_t)high_half(x)));
}

// ---- Wider and narrower: narrowing saturates, half by half

INLINE __m256i _mm256_cvtepi8_epi32(__m128i x) {
    const int16x8_t shorts = vmovl_s8(vget_low_s8((int8x16_t)x));
    return joined(vmovl_s16(vget_low_s16(shorts)), vmovl_high_s16(shorts));
}
INLINE __m256i _mm256_cvtepu8_epi32(__m128i x) {
    const uint16x8_t shorts = vmovl_u8(vget_low_u8((uint8x16_t)x));
    return joined((int32x4_t)vmovl_u16(vget_low_u16(shorts)), (int32x4_t)vmovl_high_u16(shorts));
}
INLINE int8x16_t narrowed_words(int8x16_t a, int8x16_t b) {
    return (int8x16_t)vqmovn_high_s32(vqmovn_s32((int32x4_t)a), (int32x4_t)b);
}
INLINE int8x16_t narrowed_shorts(int8x16_t a, int8x16_t b) { return vqmovn_high_s16(vqmovn_s16((int16x8_t)a), (int16x8_t)b); }
INLINE int8x16_t narrowed_unsigned(int8x16_t a, int8x16_t b) {
    return (int8x16_t)vqmovun_high_s16(vqmovun_s16((int16x8_t)a), (int16x8_t)b);
}
INLINE __m256i _mm256_packs_epi32(__m256i a, __m256i b) { return HALVES(narrowed_words, a, b); }
INLINE __m256i _mm256_packs_epi16(__m256i a, __m256i b) { return HALVES(narrowed_shorts, a, b); }
INLINE __m256i _mm256_packus_epi16(__m256i a, __m256i b) { return HALVES(narrowed_unsigned, a, b); }
INLINE __m128i _mm_packs_epi32(__m128i a, __m128i b) { return (__m128i)narrowed_words((int8x16_t)a, (int8x16_t)b); }
INLINE __m128i _mm_packs_epi16(__m128i a, __m128i b) { return (__m128i)narrowed_shorts((int8x16_t)a, (int8x16_t)b); }

// ---- Moved about

INLINE __m256i _mm256_setr_epi32(int a, int b, int c, int d, int e, int f, int g, int h) {
    return (__m256i)(Words8){a, b, c, d, e, f, g, h};
}
INLINE __m256i _mm256_permutevar8x32_epi32(__m256i x, __m256i places) {
    const Words8 from = (Words8)x, at = (Words8)places;
    Words8 found;
    for (int i = 0; i < 8; i++) found[i] = from[at[i] & 7];
    return (__m256i)found;
}
INLINE __m256i _mm256_permute4x64_epi64(__m256i x, int places) {
    return (__m256i){x[places & 3], x[places >> 2 & 3], x[places >> 4 & 3], x[places >> 6 & 3]};
}
// Bytes of each half of x; 0 where a place has its highest bit.
INLINE int8x16_t shuffled(int8x16_t x, int8x16_t places) { return vqtbl1q_s8(x, vandq_u8((uint8x16_t)places, vdupq_n_u8(0x8f))); }
INLINE __m256i _mm256_shuffle_epi8(__m256i x, __m256i places) { return HALVES(shuffled, x, places); }

// ---- Sums

INLINE int8x16_t sums_of_neighbours(int8x16_t a, int8x16_t b) { return (int8x16_t)vpaddq_s32((int32x4_t)a, (int32x4_t)b); }
INLINE int8x16_t low_words(int8x16_t a, int8x16_t b) { return (int8x16_t)vzip1q_s32((int32x4_t)a, (int32x4_t)b); }
INLINE int8x16_t high_words(int8x16_t a, int8x16_t b) { return (int8x16_t)vzip2q_s32((int32x4_t)a, (int32x4_t)b); }
INLINE int8x16_t low_pairs(int8x16_t a, int8x16_t b) { return (int8x16_t)vzip1q_s64((int64x2_t)a, (int64x2_t)b); }
INLINE int8x16_t high_pairs(int8x16_t a, int8x16_t b) { return (int8x16_t)vzip2q_s64((int64x2_t)a, (int64x2_t)b); }
INLINE __m256i _mm256_unpacklo_epi32(__m256i a, __m256i b) { return HALVES(low_words, a, b); }
INLINE __m256i _mm256_unpackhi_epi32(__m256i a, __m256i b) { return HALVES(high_words, a, b); }
INLINE __m256i _mm256_unpacklo_epi64(__m256i a, __m256i b) { return HALVES(low_pairs, a, b); }
INLINE __m256i _mm256_unpackhi_epi64(__m256i a, __m256i b) { return HALVES(high_pairs, a, b); }
INLINE __m256i _mm256_hadd_epi32(__m256i a, __m256i b) { return HALVES(sums_of_neighbours, a, b); }

// To every word of `sum`, the four products of its bytes: of `small` (0 to 127) and bytes with a sign.
INLINE __m256i four_products(__m256i sum, __m256i small, __m256i x) {
    return joined(vdotq_s32((int32x4_t)low_half(sum), low_half(small), low_half(x)),
                  vdotq_s32((int32x4_t)high_half(sum), high_half(small), high_half(x)));
}

#define _MM_HINT_T0 3
#define _MM_HINT_T1 2
#define _mm_prefetch(p, hint) __builtin_prefetch(p, 0, hint)
