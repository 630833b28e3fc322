/* Products of matrices. All are one kernel (bsn_gemm) with other strides. */
#include "graph/ops.h"

static const bsn_op matmul_op, contract_op;

/* matmul: count = {a turned, b turned}. */
static bool row_form(const bsn_node *y) {
  const bsn_node *a = y->in[0], *b = y->in[1];
  return !b->batch && b->axes == 2 && !y->attr.count[0] && a->axes >= 1;
}

static bool shape_matmul(bsn_node *y) {
  const bsn_node *a = y->in[0], *b = y->in[1];
  bool ta = y->attr.count[0], tb = y->attr.count[1];
  if (a->type != BSN_NUMBER || b->type != BSN_NUMBER || a->axes < 1 || b->axes < 2) return false;
  size_t shape[BSN_AXES], bk = b->shape[b->axes - 2 + tb], n = b->shape[b->axes - 1 - tb];
  for (int i = 0; i < a->axes; i++) shape[i] = a->shape[i];
  shape[a->axes - 1] = n;
  if (!row_form(y)) {
    if (a->axes != b->axes) return false;
    for (int i = 0; i < a->axes - 2; i++)
      if (a->shape[i] != b->shape[i]) return false;
    shape[a->axes - 2] = a->shape[a->axes - 2 + ta];
  }
  y->batch = a->batch || b->batch;
  bsn_set_shape(y, a->axes, shape);
  return a->shape[a->axes - 1 - ta] == bk;
}

/* All of it but B, C and what is laid out like C. */
static bsn_gemm row_form_of(const bsn_call *c, const bsn_real *x, size_t rows) {
  const bsn_node *a = c->node->in[0], *b = c->node->in[1];
  bool turned = c->node->attr.count[1];
  size_t k = a->shape[a->axes - 1], n = b->shape[1 - turned];
  return (bsn_gemm){.m = rows * a->size / k,
                    .n = n,
                    .k = k,
                    .a = x,
                    .a_row = k,
                    .a_col = 1,
                    .ldb = b->shape[1],
                    .turned = turned,
                    .ldc = n,
                    .relu = c->relu};
}

static void eval_row_form(const bsn_call *c, const bsn_real *const x[], bsn_real *out, size_t rows) {
  bsn_gemm g = row_form_of(c, x[0], rows);
  g.b = x[1];
  g.c = out;
  g.bias = c->bias;
  g.gate = c->gate;
  g.gated = c->gated;
  c->k->gemm(&g);
}

static void eval_matmuls(const bsn_call *c, const bsn_real *a, size_t n, const bsn_gemm_part *part, size_t rows,
                         bool acc) {
  (void)acc;
  bsn_gemm g = row_form_of(c, a, rows);
  c->k->gemm_many(&g, n, part);
}

static void eval_stacks(const bsn_call *c, const bsn_real *const x[], bsn_real *out, size_t rows) {
  const bsn_node *y = c->node, *a = y->in[0], *b = y->in[1];
  bool ta = y->attr.count[0], tb = y->attr.count[1];
  size_t m = y->shape[y->axes - 2], n = y->shape[y->axes - 1], k = a->shape[a->axes - 1 - ta];
  size_t each = y->size / (m * n);
  for (size_t r = 0; r < rows; r++)
    for (size_t s = 0; s < each; s++)
      c->k->gemm(&(bsn_gemm){.m = m,
                             .n = n,
                             .k = k,
                             .a = x[0] + (a->batch ? r * a->size : 0) + s * m * k,
                             .a_row = ta ? 1 : k,
                             .a_col = ta ? m : 1,
                             .b = x[1] + (b->batch ? r * b->size : 0) + s * k * n,
                             .ldb = tb ? k : n,
                             .turned = tb,
                             .c = out + r * y->size + s * m * n,
                             .ldc = n});
}

static void eval_matmul(const bsn_call *c, const bsn_real *const x[], bsn_real *out, size_t rows, bool acc) {
  (void)acc;
  (row_form(c->node) ? eval_row_form : eval_stacks)(c, x, out, rows);
}

/* With A' and B' for what is read turned: dA = G B', dB = A' G, each turned back where its operand was. */
static void vjp_matmul(bsn_node *y, bsn_node *gy, bsn_node *gx[]) {
  bsn_node *a = y->in[0], *b = y->in[1];
  bool ta = y->attr.count[0], tb = y->attr.count[1];
  gx[0] = ta ? bsn_matmul_t(b, tb, gy, true) : bsn_matmul_t(gy, false, b, !tb);
  if (row_form(y))
    gx[1] = tb ? bsn_contract(gy, a) : bsn_contract(a, gy);
  else
    gx[1] = tb ? bsn_matmul_t(gy, true, a, ta) : bsn_matmul_t(a, !ta, gy, false);
}

static bool shape_contract(bsn_node *y) {
  const bsn_node *a = y->in[0], *g = y->in[1];
  if (!a->batch || !g->batch || a->axes < 1 || a->axes != g->axes || a->type || g->type) return false;
  for (int i = 0; i + 1 < a->axes; i++)
    if (a->shape[i] != g->shape[i]) return false;
  y->batch = false;
  bsn_set_shape(y, 2, (size_t[]){a->shape[a->axes - 1], g->shape[g->axes - 1]});
  return true;
}

static bsn_gemm contract_of(const bsn_node *y, const bsn_real *x, size_t rows, bool acc) {
  size_t m = y->shape[0], n = y->shape[1];
  return (bsn_gemm){
      .m = m, .n = n, .k = rows * (y->in[0]->size / m), .a = x, .a_row = 1, .a_col = m, .ldb = n, .ldc = n, .acc = acc};
}

static void eval_contract(const bsn_call *c, const bsn_real *const x[], bsn_real *out, size_t rows, bool acc) {
  bsn_gemm g = contract_of(c->node, x[0], rows, acc);
  g.b = x[1];
  g.c = out;
  c->k->gemm(&g);
}

static void eval_contracts(const bsn_call *c, const bsn_real *a, size_t n, const bsn_gemm_part *part, size_t rows,
                           bool acc) {
  bsn_gemm g = contract_of(c->node, a, rows, acc);
  c->k->gemm_many(&g, n, part);
}

static void vjp_contract(bsn_node *y, bsn_node *gy, bsn_node *gx[]) {
  gx[0] = bsn_matmul_t(y->in[1], false, gy, true);
  gx[1] = bsn_matmul(y->in[0], gy);
}

/* ---- the table ---- */
static const bsn_op matmul_op = {
    "matmul", 2, BSN_EACH_ROW, shape_matmul, eval_matmul, vjp_matmul, BSN_IS_HOST | BSN_IS_CONTRACTION, eval_matmuls};
static const bsn_op contract_op = {
    "contract", 2, BSN_OVER_ROWS, shape_contract, eval_contract, vjp_contract, BSN_IS_CONTRACTION, eval_contracts};

const bsn_op *const bsn_contraction_ops[] = {&matmul_op, &contract_op, NULL};

/* ---- builders ---- */
bsn_node *bsn_matmul_t(bsn_node *a, bool a_turned, bsn_node *b, bool b_turned) {
  return bsn_apply(&matmul_op, a, b, &(bsn_attr){.count = {a_turned, b_turned}});
}

bsn_node *bsn_matmul(bsn_node *a, bsn_node *b) { return bsn_matmul_t(a, false, b, false); }

static bsn_node *as_matrix(bsn_node *x) {
  size_t n = x->axes ? x->shape[x->axes - 1] : 1;
  return bsn_reshape(x, 2, (size_t[]){n ? x->size / n : 0, n});
}

bsn_node *bsn_contract(bsn_node *a, bsn_node *g) {
  if (a && g && !a->batch && !g->batch) return bsn_matmul_t(as_matrix(a), true, as_matrix(g), false);
  return bsn_apply(&contract_op, a, g, NULL);
}
