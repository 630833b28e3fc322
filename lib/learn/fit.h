/* fit.h: train one model on one set of rows: the only training loop there is.
 *
 *     bsn_fit fit;
 *     if (!bsn_fit_init(&fit, &spec, &rows, arena, error)) return false;
 *     while (fit.record.outcome == BSN_UNDONE)
 *       if (!bsn_fit_step(&fit, error)) return false;       // evaluates, saves and stops by itself
 *
 * A fit is a pure function of its spec and rows. It sees training and validation rows only: who wants to know of test rows
 * watches. Its whole state can be packed between steps and unpacked into an equal fit that goes on to the same bits.
 */
#ifndef BSN_LEARN_FIT_H
#define BSN_LEARN_FIT_H

#include "base/record.h"
#include "data/dataset.h"
#include "learn/regulariser.h"
#include "model/init.h"
#include "model/loss.h"
#include "model/net.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"

/* The keys of `train:`. Exactly one of epochs, steps and budget is given (0: not). */
typedef struct bsn_train {
  size_t batch; /* examples of a step */
  double epochs;
  size_t steps;
  double budget;         /* gradient evaluations, in units of the training rows */
  const char *order;     /* epoch: a new permutation every epoch; once: the same one; iid: batches drawn independently;
                         sequential: as the rows lie */
  const char *remainder; /* short | drop: the last partial batch of an epoch */
  bool replacement;      /* iid: draw with replacement */
  bsn_choice schedule;
} bsn_train;
extern const bsn_param bsn_train_params[];

/* Streams by purpose. */
typedef struct bsn_seeds {
  uint64_t data, split, init, order, dropout, augment, noise, probe, test;
} bsn_seeds;

/* What is fitted. */
typedef struct bsn_fit_spec {
  bsn_choice model, init, loss, optimizer;
  bsn_choices regularise;
  bsn_train train;
  bsn_moment eval; /* when train and validation metrics are recorded, besides start and end */
  bsn_amount
      eval_rows; /* train metrics between start and end are of so many training rows, evenly spaced; none, all: of all */
  bsn_seeds seeds;
  const void *weights; /* safetensors to start from; NULL: init */
  size_t weights_bytes;
  const char *weights_file; /* where they are from, for messages */
  bool internals;           /* keep the weights of before each step, for bsn_watch_internals */
  bool peek;                /* decisions may watch test metrics: the record is tainted */
  const char
      *name; /* distinguishes fits that share seeds ("" or "member.3"): goes before the names of streams, those of
                       initial weights too */
} bsn_fit_spec;

/* On which rows. */
typedef struct bsn_fit_rows {
  bsn_view train, validation; /* validation.n 0: none */
  bsn_transform transform;    /* fitted on train by the caller */
} bsn_fit_rows;

typedef struct bsn_fit bsn_fit;

/* Who may know the metrics of a fit's weights on the rows of a view, having measured several fits at once. */
typedef struct bsn_company {
  void *context;
  /* Mean loss, and where there are classes the share of rows that are right, as the fit would measure them. False: not known. */
  bool (*measured)(void *context, const bsn_fit *fit, const bsn_view *view, double *loss, double *accuracy);
} bsn_company;

/* Something that looks at a fit without disturbing it: test metrics, probes, saved weights, predictions on a grid. */
typedef struct bsn_watcher {
  bsn_moment when; /* BSN_AT_END: once the outcome is there. Start (step 0) counts for every kind but the end */
  bool eval;       /* true: looks whenever the fit itself evaluates, and `when` is not used */
  void *context;
  bool (*look)(void *context, const bsn_fit *fit, bsn_record *record, bsn_error *error);
} bsn_watcher;

struct bsn_fit {
  const bsn_fit_spec *spec;
  const bsn_fit_rows *rows;
  bsn_arena *arena;
  bsn_net net;
  bsn_objective *objective; /* mean loss of selected training rows plus penalties, in train mode */
  bsn_objective *plain;     /* the same without penalties; may be the same object */
  bsn_real *w, *best;       /* parameters; those of the best evaluation (NULL: nobody keeps them) */
  bsn_real *before;         /* parameters before the last step; NULL unless spec->internals */
  bsn_optimizer_state optimizer;
  bsn_schedule_state schedule;
  size_t nregularisers;
  bsn_regulariser_state *regulariser;
  int64_t step, steps; /* done; of the whole run */
  double steps_per_epoch, start_loss;
  int64_t best_step; /* -1: none */
  bsn_record record; /* grows; outcome UNDONE until it is over */
  size_t nwatchers;
  const bsn_watcher *watcher;
  const bsn_company *company; /* NULL: it is alone */
  struct bsn_fit_work *work;  /* order of rows, evaluators: what can be made again */
};

/* How long a fit is. */
typedef struct bsn_length {
  size_t batch; /* rows of a step */
  int64_t steps;
  double steps_per_epoch;
} bsn_length;

/* That of a fit of spec on so many training rows. */
bsn_length bsn_length_of(const bsn_fit_spec *spec, size_t rows);

/* Prepare: builds the net, draws or reads its weights. Records nothing yet. Rows of a sealed set are refused. */
bool bsn_fit_init(bsn_fit *fit, const bsn_fit_spec *spec, const bsn_fit_rows *rows, bsn_arena *arena, bsn_error *error);

/* One update, with everything that is due before (evaluation at step 0) and after it; of a fit that is over, its end instead. */
bool bsn_fit_step(bsn_fit *fit, bsn_error *error);

/* Has it run as long as it was asked to? Then the next step ends it: measures the end, goes back to the best weights. Until that
 * is done its state is that of any longer fit at this step (which has the same spec but for epochs, steps and budget), unless
 * bsn_fit_needs_length. */
bool bsn_fit_is_over(const bsn_fit *fit);

/* Does what a fit does or records on its way depend on how long it is going to be: by its schedule, or by moments that are
 * spread over the whole run? */
bool bsn_fit_needs_length(const bsn_fit_spec *spec);

/* Seconds that it has taken so far, in earlier processes too, without those of watching. */
double bsn_fit_seconds(const bsn_fit *fit);

/* The rows that the next step will see, as positions in the training view: how many, in *rows; 0 with *rows NULL: all. */
size_t bsn_fit_next(bsn_fit *fit, const size_t **rows);

/* So many of the last seconds were not spent on this fit. */
void bsn_fit_rested(bsn_fit *fit, double seconds);

/* Metrics of w on the rows of a view under PREFIX_loss, PREFIX_accuracy, .. at the current step. Rows of a sealed set are
 * measured under the prefix test and no other: what decides reads the other ones. */
bool bsn_fit_measure(const bsn_fit *fit, const bsn_view *view, const char *prefix, bsn_record *record,
                     bsn_error *error);

/* The same of given outputs z[n][outputs] (with BSN_SLACK bytes behind them) for the rows of a view, whoever made them. */
bool bsn_outputs_measure(const bsn_choice *loss, const bsn_view *view, const bsn_real *z, const char *prefix,
                         bsn_record *record, int64_t step, bsn_error *error);

/* What the fit minimises (the mean loss of its training rows plus penalties), as an objective of its own in arena: asking it
 * changes neither the rows that the fit has selected nor what it has spent. For probes. NULL with a message. */
bsn_objective *bsn_fit_objective_in(const bsn_fit *fit, bsn_arena *arena, bsn_error *error);

/* Outputs of the net for the rows of a view: z[n][outputs]. */
bool bsn_fit_predict(const bsn_fit *fit, const bsn_view *view, bsn_real *z, bsn_error *error);

/* The state between two steps, as bytes, and back into a fit that was made with the same spec and rows. */
bool bsn_fit_pack(const bsn_fit *fit, bsn_arena *arena, void **bytes, size_t *n, bsn_error *error);
bool bsn_fit_unpack(bsn_fit *fit, const void *bytes, size_t n, bsn_error *error);

#endif
