/* ops.h: the whole language of the graph, in two tables.
 *
 * OPS     the operations: name, inputs (-1: any number), meaning.
 * SCALARS the functions that a map applies: name, arity, cost (1: one instruction or so; 10: a polynomial), value in
 *         double precision (the definition: the interpreter evaluates it), text in emitted code (m_* come from the
 *         target's prelude), and the derivative by each operand, as calls that build graph nodes. In a derivative A, B, C
 *         are the operands, Y the result, G the gradient that comes in; zero() is no gradient. It passes tf32 and bf16
 *         as it is, though those are functions of steps.                                                            */
#ifndef BURIN_OPS_H
#define BURIN_OPS_H

#define OPS(OP)                                                                                                         \
    OP(const,      0, "a number, of any shape")                                                                         \
    OP(iota,       0, "0, 1, 2, ... along one axis, the same along the others")                                         \
    OP(param,      0, "a trained variable, as it was before this step")                                                 \
    OP(state,      0, "a persistent variable that is not trained, as it was before this step")                          \
    OP(batch,      0, "data, new for each step")                                                                        \
    OP(random,     0, "uniform in (0,1) or normal (0,1); Philox by seed, stream, step and element")                     \
    OP(step,       0, "the number of the step, from 0")                                                                 \
    OP(map,       -1, "a scalar function of inputs broadcast to one shape (aligned right; a size of 1 repeats)")        \
    OP(reduce,     1, "sum or maximum over axes, which stay with size 1")                                               \
    OP(matmul,     2, "(...,M,K) x (...,K,N), either one transposed by a flag")                                         \
    OP(conv,       2, "x (N,H,W,I), w (KH,KW,I,O) -> y (N,OH,OW,O), y[h,w] = sum x[h*s+kh-p, w*s+kw-p] w[kh,kw]")       \
    OP(conv_dx,    2, "y (N,OH,OW,O), w -> x: the transpose of conv in x; a transposed convolution")                    \
    OP(conv_dw,    2, "x, y -> w: the transpose of conv in w")                                                          \
    OP(reshape,    1, "the same elements in the same order, in another shape")                                          \
    OP(transpose,  1, "axes in another order: axis k of the result is axis perm[k] of the input")                       \
    OP(slice,      1, "every step-th element from start, per axis")                                                     \
    OP(pad,        1, "zeros before, after and between the elements, per axis")                                         \
    OP(concat,    -1, "inputs one after the other along an axis")                                                       \
    OP(stop,       1, "its input; no gradient passes")

#define SCALARS(FN)                                                                                                     \
    FN(copy,     1,  0, a,                    "$a",                G,                              zero(), zero())      \
    FN(neg,      1,  1, -a,                   "-$a",               neg(G),                         zero(), zero())      \
    FN(abs,      1,  1, fabs(a),              "m_abs($a)",         mul(G, sign(A)),                zero(), zero())      \
    FN(sign,     1,  1, (a > 0) - (a < 0),    "m_sign($a)",        zero(),                         zero(), zero())      \
    FN(floor,    1,  1, floor(a),             "m_floor($a)",       zero(),                         zero(), zero())      \
    FN(tf32,     1,  4, nearest(a, 11, round), "m_tf32($a)",       G,                              zero(), zero())      \
    FN(bf16,     1,  4, nearest(a, 8, rint),  "m_bf16($a)",        G,                              zero(), zero())      \
    FN(exp,      1, 10, exp(a),               "m_exp($a)",         mul(G, Y),                      zero(), zero())      \
    FN(log,      1, 10, log(a),               "m_log($a)",         div(G, A),                      zero(), zero())      \
    FN(log1p,    1, 10, log1p(a),             "m_log1p($a)",       div(G, add(A, num(1))),         zero(), zero())      \
    FN(expm1,    1, 10, expm1(a),             "m_expm1($a)",       mul(G, add(Y, num(1))),         zero(), zero())      \
    FN(sqrt,     1,  4, sqrt(a),              "m_sqrt($a)",        div(mul(G, num(0.5)), Y),       zero(), zero())      \
    FN(rsqrt,    1,  4, 1 / sqrt(a),          "m_rsqrt($a)",       mul(mul(G, num(-0.5)), mul(Y, mul(Y, Y))), zero(), zero()) \
    FN(sin,      1, 10, sin(a),               "m_sin($a)",         mul(G, cos(A)),                 zero(), zero())      \
    FN(cos,      1, 10, cos(a),               "m_cos($a)",         neg(mul(G, sin(A))),            zero(), zero())      \
    FN(tanh,     1, 10, tanh(a),              "m_tanh($a)",        mul(G, sub(num(1), mul(Y, Y))), zero(), zero())      \
    FN(sigmoid,  1, 10, 1 / (1 + exp(-a)),    "m_sigmoid($a)",     mul(G, mul(Y, sub(num(1), Y))), zero(), zero())      \
    FN(softplus, 1, 10, fmax(a, 0) + log1p(exp(-fabs(a))), "m_softplus($a)", mul(G, sigmoid(A)),   zero(), zero())      \
    FN(erf,      1, 10, erf(a),               "m_erf($a)",         mul(G, mul(num(1.1283791670955126), exp(neg(mul(A, A))))), zero(), zero()) \
    FN(add,      2,  1, a + b,                "$a + $b",           G,                G,                    zero())      \
    FN(sub,      2,  1, a - b,                "$a - $b",           G,                neg(G),               zero())      \
    FN(mul,      2,  1, a * b,                "$a * $b",           mul(G, B),        mul(G, A),            zero())      \
    FN(div,      2,  2, a / b,                "$a / $b",           div(G, B),        neg(div(mul(G, Y), B)), zero())    \
    FN(max,      2,  1, a >= b ? a : b,       "m_max($a, $b)",     where(le(B, A), G, num(0)), where(lt(A, B), G, num(0)), zero()) \
    FN(min,      2,  1, a <= b ? a : b,       "m_min($a, $b)",     where(le(A, B), G, num(0)), where(lt(B, A), G, num(0)), zero()) \
    FN(pow,      2, 20, pow(a, b),            "m_pow($a, $b)",     mul(G, mul(B, pow(A, where(eq(B, num(0)), num(0), sub(B, num(1)))))), mul(G, mul(Y, log(where(eq(A, num(0)), num(1), A)))), zero()) \
    FN(lt,       2,  1, a < b,                "m_lt($a, $b)",      zero(),           zero(),               zero())      \
    FN(le,       2,  1, a <= b,               "m_le($a, $b)",      zero(),           zero(),               zero())      \
    FN(eq,       2,  1, a == b,               "m_eq($a, $b)",      zero(),           zero(),               zero())      \
    FN(where,    3,  1, a != 0 ? b : c,       "m_where($a, $b, $c)", zero(), where(A, G, num(0)), where(A, num(0), G))
#endif
