/* graph.h: an expression as a tape of nodes. Each node points at its op; a gradient is more nodes (graph/grad.h).
 *
 *     bsn_graph graph;
 *     bsn_graph_init(&graph, arena);
 *     bsn_node *x = bsn_leaf(&graph, SLOT_X, 0, true, 1, (size_t[]){784});        // a batch: 784 numbers a row
 *     bsn_node *w = bsn_leaf(&graph, SLOT_W, 0, false, 2, (size_t[]){784, 10});
 *     bsn_node *y = bsn_softmax(bsn_matmul(x, w));                                // graph/ops.h
 *     if (!bsn_plan_new(&plan, ..)) ...                                           // graph/plan.h gives it memory and runs it
 *
 * The graph describes, the plan owns memory and order. A node that is `batch` has one value for each example (row); its
 * shape is that of one row, so a graph does not know how many rows there are: a run does.
 *
 * Errors are sticky: the first expression that does not fit is kept in the graph with a message, later builders return a
 * harmless node, and making the plan hands over the message. Expressions need no checks.
 */
#ifndef BSN_GRAPH_GRAPH_H
#define BSN_GRAPH_GRAPH_H

#include "base/arena.h"
#include "base/error.h"
#include "num/kernels.h"

enum { BSN_AXES = 5, BSN_ARITY = 2, BSN_SLOTS = 64 };

typedef struct bsn_op bsn_op;
typedef struct bsn_node bsn_node;

typedef struct bsn_graph {
  bsn_arena *arena; /* nodes live there */
  bsn_node **node;  /* in order of creation, which is an order of evaluation */
  size_t n;
  bsn_error error; /* the first expression that did not fit */
} bsn_graph;

/* The small constants of one node; what they mean stands at the op's builder. */
typedef struct bsn_attr {
  size_t count[BSN_AXES + 1];
  double number[2];
  const void *data;
} bsn_attr;

typedef enum bsn_dtype { BSN_NUMBER, BSN_INT32, BSN_BYTE } bsn_dtype;

struct bsn_node {
  const bsn_op *op;
  bsn_node *in[BSN_ARITY]; /* NULL behind the arity */
  bsn_graph *graph;
  size_t id; /* position on the tape */
  bsn_dtype type;
  bool batch; /* has a leading axis of examples, which shape leaves out */
  int axes;   /* 0: a scalar */
  size_t shape[BSN_AXES];
  size_t size;    /* product of shape: entries of one row */
  uint64_t slots; /* bit s: depends on a leaf in slot s */
  bsn_attr attr;
};

/* How an op meets the examples. EACH_ROW: row i of the result needs only row i of its batch inputs. OVER_ROWS: a sum over rows, the
 * result has none. ALL_ROWS: needs them all at once. */
typedef enum bsn_op_kind { BSN_EACH_ROW, BSN_OVER_ROWS, BSN_ALL_ROWS } bsn_op_kind;

/* What a plan tells an op when it runs. */
typedef struct bsn_call {
  const bsn_node *node;
  const bsn_kernels *k;
  const bsn_real *bias, *gate; /* epilogue of a contraction, as in bsn_gemm; NULL, false: none */
  bsn_gate_kind gated;
  bool relu;
} bsn_call;

/* One row = one op. */
struct bsn_op {
  const char *name;
  int arity;
  bsn_op_kind kind;
  /* Infer type, batch, axes and shape of y from its inputs and attributes (the caller has filled those of input 0 in). False:
   * they do not fit. */
  bool (*shape)(bsn_node *y);
  /* Compute rows rows (1 when y is not batch) of y into out. acc (OVER_ROWS only): continue the sums that are there. Never knows that
   * it sees a tile. Inputs of other types come through the same pointers. */
  void (*eval)(const bsn_call *c, const bsn_real *const x[], bsn_real *out, size_t rows, bool acc);
  /* Given gy, the cotangent of y, build those of its inputs with public ops; gx[i] left NULL: exactly zero. May leave
   * broadcasting undone: bsn_grad sums it away. NULL: constant almost everywhere. */
  void (*vjp)(bsn_node *y, bsn_node *gy, bsn_node *gx[]);
  enum {
    BSN_IN_PLACE = 1,        /* may write over input 0 */
    BSN_IS_VIEW = 2,         /* the same numbers in another shape: no evaluation */
    BSN_IS_HOST = 4,         /* a contraction: takes bias, relu or gate as an epilogue (when it is of the row form) */
    BSN_IS_BIAS = 8,         /* may be the bias of an epilogue */
    BSN_IS_RELU = 16,        /* may be the activation of one */
    BSN_IS_GATE = 32,        /* may be the gate of one */
    BSN_IS_CONTRACTION = 64, /* its cost is a product of matrices, not memory */
    BSN_IS_CHEAP = 128       /* to evaluate it again costs no more than to keep its result for all rows */
  } flags;
  /* The same as eval for n nodes of one input 0, shape, attributes and form of epilogue: part has the input 1, bias and result of
   * each. NULL: not offered. */
  void (*eval_together)(const bsn_call *c, const bsn_real *a, size_t n, const bsn_gemm_part *part, size_t rows,
                        bool acc);
  bsn_gate_kind gate; /* which, with BSN_IS_GATE */
};

/* The op of leaves; they are the only nodes without inputs that it has. */
extern const bsn_op bsn_leaf_op;

/* An empty graph whose nodes live in arena. */
void bsn_graph_init(bsn_graph *graph, bsn_arena *arena);

/* Numbers that come from outside: slot (0 .. BSN_SLOTS-1) names the array that a plan is bound to, offset the first number in
 * it. batch: one such shape for each row. */
bsn_node *bsn_leaf(bsn_graph *graph, int slot, size_t offset, bool batch, int axes, const size_t *shape);

/* A batch leaf of one 32-bit integer a row (indices, labels). */
bsn_node *bsn_index_leaf(bsn_graph *graph, int slot);

/* One constant number. */
bsn_node *bsn_constant(bsn_graph *graph, double value);

/* Constant numbers of a shape; data has BSN_SLACK bytes behind it and must outlive every run. */
bsn_node *bsn_constants(bsn_graph *graph, const bsn_real *data, int axes, const size_t *shape);

/* Append the node op(in..) with these attributes (NULL: none), or return the equal one that is there already. All builders in
 * graph/ops.h are made with it. */
bsn_node *bsn_apply(const bsn_op *op, bsn_node *a, bsn_node *b, const bsn_attr *attr);

/* Do two nodes have the same shape, and are both or neither batch? */
bool bsn_same_shape(const bsn_node *a, const bsn_node *b);

/* Take over type, batch and shape; for the shape functions of ops. */
void bsn_like(bsn_node *y, const bsn_node *x);
void bsn_set_shape(bsn_node *y, int axes, const size_t *shape);

#endif
