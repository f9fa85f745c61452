// Runs every kernel on made-up numbers and writes what comes out to standard output: a line "NAME COUNT", then the floats
// as they lie in memory. The numbers are the same on every machine, so the outputs of two instruction sets can be compared.

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <vector>

#include "kernels.h"

extern "C" {
int docqa_level(void);
int docqa_delta(int, const DeltaCall *, int);
int docqa_delta_step(int, const DeltaCall *, int);
void docqa_conv(int, const ConvCall *, int);
int docqa_product(int, const ProductCall *, int);
int docqa_block_product(int, const BlockProductCall *, int);
int docqa_block_mlp(int, const BlockMlpCall *, int);
int docqa_encoder_attention(int, const EncoderAttentionCall *, int);
void docqa_add_layer_norm(int, const LayerNormCall *, int);
void docqa_biased_gelu(int, const float *, const float *, float *, int64_t, int64_t, int);
void docqa_rotate(int, const RotateCall *, int);
int docqa_attention(int, const AttentionCall *, int);
int docqa_step(int, const StepCall *, int);
int docqa_experts(int, const ExpertsCall *, int);
void docqa_norm(int, const float *, const float *, float, float *, int64_t, int64_t, int);
void docqa_gated_norm(int, const float *, const float *, const float *, float, float *, int64_t, int64_t, int);
void docqa_gated_product(int, const float *, const float *, float *, int64_t, int);
}

using Numbers = std::vector<float>;
using Bytes = std::vector<uint8_t>;

static uint32_t seed = 1;
static uint32_t next_bits() { return seed = seed * 1664525u + 1013904223u; }

// From `low` to `high`.
static Numbers numbers(int64_t count, float low = -1.0f, float high = 1.0f) {
    Numbers made(count);
    for (float &x : made) x = low + (high - low) * (float)(next_bits() >> 8) / (float)(1 << 24);
    return made;
}
static Bytes bytes(int64_t count) {
    Bytes made(count);
    for (uint8_t &x : made) x = (uint8_t)(next_bits() >> 24);
    return made;
}
// fp16 of small numbers: 0.001 to 0.06.
static std::vector<uint16_t> halves(int64_t count) {
    std::vector<uint16_t> made(count);
    for (uint16_t &x : made) x = (uint16_t)(0x1400 + (next_bits() >> 20));
    return made;
}

static void tell(const char *name, const Numbers &found) {
    printf("%s %zu\n", name, found.size());
    fwrite(found.data(), sizeof(float), found.size(), stdout);
}

static Heads heads_of(const Numbers &x, int64_t seq, int64_t heads, int64_t dim) {
    return {x.data(), seq * heads * dim, heads * dim, dim};
}

static void run_delta(int level, int64_t seq, const char *name, bool step) {
    const int64_t heads = 3, key = 32, value = 40;
    const Numbers q = numbers(seq * heads * key), k = numbers(seq * heads * key, -0.3f, 0.3f), v = numbers(seq * heads * value);
    const Numbers decay = numbers(seq * heads, -0.4f, -0.001f), beta = numbers(seq * heads, 0.05f, 0.95f);
    Numbers state = numbers(heads * key * value), out(seq * heads * value);
    const DeltaCall call = {1, seq, heads, key, value, heads_of(q, seq, heads, key), heads_of(k, seq, heads, key),
                            heads_of(v, seq, heads, value), decay.data(), beta.data(), state.data(), out.data(), 0, 1};
    if (step ? docqa_delta_step(level, &call, 1) : docqa_delta(level, &call, 1)) return;
    tell(name, out), tell("delta_state", state);
}

static void run_conv(int level) {
    const int64_t seq = 37, channels = 96, taps = 4;
    const Numbers x = numbers(seq * channels), history = numbers((taps - 1) * channels), weight = numbers(taps * channels);
    Numbers out(seq * channels);
    const ConvCall call = {1, seq, channels, taps, x.data(), history.data(), weight.data(), 2, 32, out.data()};
    docqa_conv(level, &call, 1), tell("conv", out);
}

static void run_norms(int level) {
    const int64_t rows = 5, dim = 91;
    const Numbers x = numbers(rows * dim), z = numbers(rows * dim, -4.0f, 4.0f), weight = numbers(dim);
    Numbers y(x.size());
    docqa_norm(level, x.data(), weight.data(), 1e-6f, y.data(), rows, dim, 1), tell("norm", y);
    docqa_gated_norm(level, x.data(), z.data(), weight.data(), 1e-6f, y.data(), rows, dim, 1), tell("gated_norm", y);
    docqa_gated_product(level, z.data(), x.data(), y.data(), rows * dim, 1), tell("gated_product", y);
    const Numbers turned = numbers(3 * 2 * 64), angle = numbers(3 * 32);
    Numbers to(turned.size());
    const RotateCall call = {1, 3, 2, 64, 32, turned.data(), angle.data(), angle.data(), to.data()};
    docqa_rotate(level, &call, 1), tell("rotate", to);
}

// A packed matrix and what it is made of.
struct Packed {
    Bytes q;
    std::vector<uint16_t> scale, zero;
    int64_t rows, columns, bits;
    Packed(int64_t rows, int64_t columns, int64_t bits)
        : q(bytes(rows * columns * bits / 8)), scale(halves(rows * columns / 64)), zero(halves(rows * columns / 64)),
          rows(rows), columns(columns), bits(bits) {}
    Matrix matrix() const { return {rows, columns, bits, 0, 0, q.data(), scale.data(), zero.data(), 0}; }
};

static void run_products(int level) {
    for (int64_t bits = 4; bits <= 8; bits += 4)
        for (int64_t tokens : {1, 3, 23}) {
            const Packed w(77, 320, bits);
            const Numbers x = numbers(tokens * w.columns);
            Numbers y(tokens * w.rows);
            const ProductCall call = {tokens, w.rows, w.columns, bits, w.q.data(), w.scale.data(), w.zero.data(), x.data(), y.data()};
            if (docqa_product(level, &call, 1)) return;
            tell("product", y);
        }
}

// Blocks of GGUF: their scales are made small and finite, the codes are any.
static Bytes blocks_of(int type, int64_t count, int64_t size, int64_t head) {
    Bytes made = bytes(count * size);
    for (int64_t i = 0; i < count; i++) {
        uint8_t *block = made.data() + i * size;
        const std::vector<uint16_t> scale = halves(2);
        if (type == 39) block[0] = (uint8_t)(118 + i % 4);
        else if (type == 14) memcpy(block + 208, scale.data(), 2);
        else memcpy(block, scale.data(), (size_t)head);
    }
    return made;
}

static void run_blocks(int level) {
    struct Type { int type, columns, bytes, head; };
    for (const Type t : {Type{2, 32, 18, 2}, {3, 32, 20, 4}, {6, 32, 22, 2}, {7, 32, 24, 4}, {8, 32, 34, 2}, {12, 256, 144, 4},
                         {13, 256, 176, 4}, {14, 256, 210, 0}, {20, 32, 18, 2}, {39, 32, 17, 0}})
        for (int64_t tokens : {1, 21}) {
            const int64_t rows = 29, columns = 512, each = columns / t.columns;
            const Bytes q = blocks_of(t.type, rows * each, t.bytes, t.head);
            const Numbers x = numbers(tokens * columns);
            Numbers y(tokens * rows);
            const BlockProductCall call = {tokens, {rows, columns, t.type, each * t.bytes, q.data()}, x.data(), y.data()};
            if (docqa_block_product(level, &call, 1)) return;
            tell("block_product", y);
        }
    const Bytes gate = blocks_of(12, 256 * 1, 144, 4), up = blocks_of(12, 256 * 1, 144, 4), down = blocks_of(12, 31, 144, 4);
    const Numbers x = numbers(2 * 256);
    Numbers y(2 * 31);
    const BlockMlpCall call = {2, {256, 256, 12, 144, gate.data()}, {256, 256, 12, 144, up.data()}, {31, 256, 12, 144, down.data()},
                               x.data(), y.data()};
    if (!docqa_block_mlp(level, &call, 1)) tell("block_mlp", y);
}

static void run_attention(int level) {
    for (int64_t seq : {1, 150}) {
        const int64_t total = 211, heads = 4, kv = 2, dim = 64;
        const Numbers q = numbers(seq * heads * dim), k = numbers(total * kv * dim), v = numbers(total * kv * dim);
        Numbers out(seq * heads * dim);
        AttentionCall call = {};
        call.batch = 1, call.seq = seq, call.total = total, call.heads = heads, call.kv_heads = kv, call.dim = dim;
        call.q = heads_of(q, seq, heads, dim), call.k = heads_of(k, total, kv, dim), call.v = heads_of(v, total, kv, dim);
        call.out = out.data();
        if (!docqa_attention(level, &call, 1)) tell("attention", out);
    }
}

static std::vector<Matrix> pairs;  // of four experts gate above up, and down

static int64_t find_experts(int64_t, int64_t count, const int64_t *numbers, Matrix *to) {
    for (int64_t i = 0; i < 2 * count; i++) to[i] = pairs[2 * numbers[i / 2] + i % 2];
    return 0;
}

static void run_step(int level) {
    const int64_t hidden = 128, inner = 192, key = 64, value = 64, dim = 64, values = 2 * value, channels = 2 * key + values;
    const Packed qkv(channels, hidden, 4), z(values, hidden, 8), out(hidden, values, 8), gate(inner, hidden, 4);
    const Packed up(inner, hidden, 4), down(hidden, inner, 8), queries(2 * 2 * dim, hidden, 4), keys(dim, hidden, 8);
    const Packed attended(hidden, 2 * dim, 4), head(96, hidden, 4);
    const Numbers norm = numbers(hidden), a = numbers(2 * hidden), b = numbers(2 * hidden), conv = numbers(4 * channels);
    const Numbers rate = numbers(2, 0.1f, 0.5f), bias = numbers(2), own = numbers(value), cos = numbers(32), sin = numbers(32);
    Numbers tail = numbers(3 * channels), memory = numbers(2 * key * value), k = numbers(4 * dim), v = numbers(4 * dim);
    Numbers x = numbers(hidden), logits(96);
    StepLayer layers[2] = {};
    for (StepLayer &l : layers)
        l.gate = gate.matrix(), l.up = up.matrix(), l.down = down.matrix(), l.input_norm = l.post_norm = norm.data();
    layers[0].mix[0] = qkv.matrix(), layers[0].mix[1] = z.matrix(), layers[0].mix[2] = out.matrix();
    layers[0].a = a.data(), layers[0].b = b.data(), layers[0].conv = conv.data(), layers[0].rate = rate.data();
    layers[0].dt_bias = bias.data(), layers[0].norm = own.data(), layers[0].tail = tail.data(), layers[0].memory = memory.data();
    layers[1].attention = 1, layers[1].mix[0] = queries.matrix(), layers[1].mix[1] = layers[1].mix[2] = keys.matrix();
    layers[1].mix[3] = attended.matrix(), layers[1].q_norm = layers[1].k_norm = own.data();
    layers[1].own_k = k.data(), layers[1].own_v = v.data();
    const Packed wide(2 * inner, hidden, 4), narrow(hidden, inner, 4), other(2 * inner, hidden, 4), last(hidden, inner, 8);
    pairs = {wide.matrix(), narrow.matrix(), other.matrix(), last.matrix(), wide.matrix(), last.matrix(), other.matrix(), narrow.matrix()};
    const Numbers router = numbers(4 * hidden), shared = numbers(hidden);
    const StepExperts experts = {4, 3, inner, 1, 2, router.data(), shared.data()};
    layers[1].experts = &experts;
    StepCall call = {};
    call.find = find_experts;
    call.tokens = 1, call.hidden = hidden, call.layers = 2, call.key_heads = 1, call.value_heads = 2, call.key_dim = key;
    call.value_dim = value, call.taps = 4, call.heads = 2, call.kv_heads = 1, call.dim = dim, call.rotary = 32;
    call.own = 2, call.room = 4, call.grid = 512, call.exact = 1 << 30, call.local = 512, call.best = 4, call.block = 64;
    call.tile = 64, call.eps = 1e-6f, call.cos = cos.data(), call.sin = sin.data(), call.x = x.data(), call.layer = layers;
    call.norm = norm.data(), call.head = head.matrix(), call.logits = logits.data();
    if (!docqa_step(level, &call, 1)) tell("step", logits), tell("step_memory", memory), tell("step_key", k);
    const int64_t first[] = {0, 2, 7}, token[] = {0, 3, 0, 1, 2, 3, 4};
    const Numbers several = numbers(5 * hidden), share = numbers(7);
    Numbers made(7 * hidden), sum = numbers(5 * hidden);
    const ExpertsCall mix = {hidden, 2, pairs.data(), first, token, share.data(), several.data(), made.data(), sum.data()};
    if (!docqa_experts(level, &mix, 1)) tell("experts", sum);
}

static void run_encoder(int level) {
    const int64_t heads = 2, dim = 20, width = heads * dim, tokens = 118, starts[] = {0, 1, 60, 60, 118}, longest = 64;
    const Numbers qkv = numbers(tokens * 3 * width), near = numbers(heads * (2 * longest - 1)), shift = numbers(3 * width);
    Numbers out(tokens * width);
    const EncoderAttentionCall call = {4, heads, dim, 3 * width, longest, starts, qkv.data(), qkv.data() + width,
                                       qkv.data() + 2 * width, shift.data(), shift.data() + width, shift.data() + 2 * width,
                                       near.data(), out.data()};
    if (docqa_encoder_attention(level, &call, 1)) return;
    tell("encoder_attention", out);
    const Numbers r = numbers(out.size());
    Numbers y(out.size());
    const LayerNormCall norm = {tokens, width, out.data(), r.data(), shift.data(), near.data(), near.data() + width, y.data(), 1e-5f};
    docqa_add_layer_norm(level, &norm, 1), tell("add_layer_norm", y);
    const Numbers wide = numbers(tokens * width, -7.0f, 7.0f);
    docqa_biased_gelu(level, wide.data(), shift.data(), y.data(), tokens, width, 1), tell("biased_gelu", y);
}

int main(int count, char **arguments) {
    const int level = count > 1 ? arguments[1][0] - '0' : docqa_level();
    fprintf(stderr, "level %d\n", level);
    run_delta(level, 70, "delta", false), run_delta(level, 1, "delta_step", true);
    run_conv(level), run_norms(level), run_products(level), run_blocks(level), run_attention(level), run_step(level), run_encoder(level);
    return 0;
}
