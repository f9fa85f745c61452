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
    float *history;             // where not 0: the state before every chunk of 32, [batch, heads, chunks, key, value]
    int64_t shared;             // so many heads next to each other read one head of q and k
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

// A packed matrix, as in ProductCall; or, with `bits` 0, one of GGUF blocks, as BlockMatrix. `bias` [rows], where not 0, is added
// to its products.
struct Matrix {
    int64_t rows, columns, bits, type, stride;
    const uint8_t *q;
    const uint16_t *scale, *zero;
    const float *bias;
};

// A matrix of GGUF blocks of `type` (blocks.inc), a row every `stride` bytes.
struct BlockMatrix {
    int64_t rows, columns, type, stride;
    const uint8_t *q;
};

// y [tokens, rows] = x [tokens, columns] times a matrix.
struct BlockProductCall {
    int64_t tokens;
    BlockMatrix w;
    const float *x;
    float *y;
};

// y [tokens, down.rows] = down (SiLU(gate x) * up x) of x [tokens, gate.columns]: `block_product` and `gated_product` bit for bit.
struct BlockMlpCall {
    int64_t tokens;
    BlockMatrix gate, up, down;
    const float *x;
    float *y;
};

// Rotary embedding of x [batch, seq, heads, dim] to y; cos and sin [seq, rotary].
struct RotateCall {
    int64_t batch, seq, heads, dim, rotary;
    const float *x, *cos, *sin;
    float *y;
};

// Keys and values [count, kv_heads, dim] of a stretch of the context: bytes with fp16 scales [count, kv_heads], or float32
// without; keys without scales beside values with them are fp16. `bounds`, of a whole stretch: smallest and largest key of each block, [count / block, 2, kv_heads, dim].
struct Segment {
    int64_t count;
    const void *k, *v;
    const uint16_t *k_scale, *v_scale;
    const float *bounds;
};

// Causal softmax attention of q [batch, seq, heads, dim] over k, v [batch, total, kv_heads, dim]; the ends coincide. With
// `rounded`, operands are rounded to 8 bits and bf16 where the instruction set has products of both.
struct AttentionCall {
    int64_t batch, seq, total, heads, kv_heads, dim, rounded;
    Heads q, k, v;
    float *out;  // [batch, seq, heads, dim]
    // Where `segments` is not 0, the keys and values of a batch of one stand there, all but the last `grid` long. One query
    // then rounds nothing, and has keys and values of whole multiples of 64 dims read as they lie.
    const Segment *segments;
    int64_t grid;
    // Where `choices` is not 0, the queries come in so many groups, each before its entry of `ends`, and read only some
    // blocks of 64 keys: group n at key head h those at `blocks` from starts[n * kv_heads + h] to the next, ascending.
    // A query's own block is always among them.
    int64_t choices;
    const int64_t *ends, *starts;
    const int32_t *blocks;
};

// Adds to out [.., hidden] what some experts make of the tokens that are sent to them, times their shares. A slot is an expert
// and a token; those of expert n begin at first[n] and end before first[n + 1]. `pairs`: of each expert gate above up, and down.
struct ExpertsCall {
    int64_t hidden, count;
    const Matrix *pairs;
    const int64_t *first, *token;  // [count + 1], [slots]
    const float *share, *x;        // [slots], [.., hidden]
    float *made, *out;             // made [slots, hidden]: what the experts put out
};

// The experts of a layer, of which each token is sent to `chosen`. Their weights are a softmax over all of them, or with
// `normalise` over the chosen ones. `held`: how many `find` gives at once. The layer's gate, up and down are the expert of all
// tokens, whose weight is the sigmoid of shared_gate . x.
struct StepExperts {
    int64_t count, chosen, inner, normalise, held;
    const float *router, *shared_gate;  // [count, hidden], [hidden]
};

// A layer's weights and what it remembers of each branch. `mix`: of a delta net in_proj_qkv, in_proj_z, out_proj; of attention
// q_proj, k_proj, v_proj, o_proj. `attention`: 0 a delta net, 1 gated (q_proj has each head's query before its gate), 2 without.
struct StepLayer {
    int64_t attention;
    Matrix mix[4], gate, up, down;
    const StepExperts *experts;                              // 0: the MLP is gate, up and down alone
    const float *input_norm, *post_norm;                     // zero-centred, as q_norm and k_norm
    const float *a, *b, *conv, *rate, *dt_bias, *norm;       // [heads, hidden] twice, [taps, channels], e^A_log, ...
    const float *q_norm, *k_norm;                            // may be 0
    float *tail, *memory;                                    // [tokens, taps - 1, channels], [tokens, heads, key, value]
    const Segment *segments;                                 // shared by all branches
    float *own_k, *own_v;                                    // [tokens, room, kv_heads, dim]
};

// One token more for each of `tokens` branches; all that layers remember moves on in place. `x` [tokens, hidden] holds the
// embeddings and is used up.
struct StepCall {
    int64_t tokens, hidden, layers, key_heads, value_heads, key_dim, value_dim, taps, heads, kv_heads, dim, rotary;
    int64_t own, room;  // tokens that each branch has of its own already, and how many there is room for
    // Tokens of the context, in segments of `grid` but for the last; where a token is one of more than `exact`, its
    // attention reads the first block, the last `local` tokens and the `best` blocks between (kernels/attention/blocks.py).
    // `local` counts from the beginning of the token's tile; what has no bounds is read too.
    int64_t context, grid, exact, local, best, block, tile;
    float eps;
    const float *cos, *sin;  // [rotary]
    float *x;
    const StepLayer *layer;
    const float *norm;
    Matrix head;
    float *logits;  // [tokens, head.rows]
    // Writes gate above up, and down, of so many experts of a layer to `pairs`; all are good until the next call. Not 0: it
    // failed, and `logits` are not written.
    int64_t (*find)(int64_t layer, int64_t count, const int64_t *numbers, Matrix *pairs);
};

// Softmax attention of every token to all tokens of its own text, those in front too. Text n has the tokens from starts[n] to
// starts[n + 1]. A score is q . k * dim^-1/2 plus what `near` has for the distance, where it is not 0: of tokens i and j
// near[head][longest - 1 + j - i]. The shifts [heads * dim], where not 0, are added to q, k and v first.
struct EncoderAttentionCall {
    int64_t sequences, heads, dim, stride, longest;  // stride: from token to token of q, k and v; longest: at least every text
    const int64_t *starts;                           // [sequences + 1]
    const float *q, *k, *v, *q_shift, *k_shift, *v_shift;
    const float *near;  // [heads, 2 * longest - 1]
    float *out;         // [tokens, heads * dim]
};

// y = LayerNorm(x + (r + shift)) * weight + bias over rows of `dim`; r [rows, dim] and shift [dim] may be 0, and shift is
// where r is. y may be x or r.
struct LayerNormCall {
    int64_t rows, dim;
    const float *x, *r, *shift, *weight, *bias;
    float *y, eps;
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
    int (*block_product)(const BlockProductCall *, int threads);
    int (*block_mlp)(const BlockMlpCall *, int threads);
    void (*rotate)(const RotateCall *, int threads);
    int (*attention)(const AttentionCall *, int threads);
    int (*step)(const StepCall *, int threads);
    int (*encoder_attention)(const EncoderAttentionCall *, int threads);  // 0, or 1 when there is no memory
    void (*add_layer_norm)(const LayerNormCall *, int threads);
    void (*biased_gelu)(const float *x, const float *shift, float *y, int64_t rows, int64_t dim, int threads);
};

extern const Kernels kernels_avx2, kernels_avx512, kernels_vnni, kernels_bf16;  // the later ones where the compiler has them
extern const Kernels kernels_neon;  // on ARM, the only one
int product_in_tiles(const ProductCall *, int threads);  // `product` of the level with AMX
int block_product_in_tiles(const BlockProductCall *, int threads);
int block_mlp_in_tiles(const BlockMlpCall *, int threads);
