/* worker.h: the process that does units of work for the runner.
 *
 *     bsn_worker_run(&(bsn_worker){.study = study, .files = sink, .pipe = fd, .board = board, .place = place});
 *     _exit(0);
 *
 * A worker is a fork of the runner: it has the study in its memory, and gets units by number. It never touches the
 * database: records go through the pipe, and what it has to know of other records it asks there. Only blobs (checkpoints,
 * weights), which are files, it reads and writes by itself.
 */
#ifndef BSN_STUDY_WORKER_H
#define BSN_STUDY_WORKER_H

#include "study/study.h"
#include <stdatomic.h>

/* Memory that the runner and its workers share: neither ever waits for the other to look at it. */
typedef struct bsn_board {
  atomic_bool pause; /* the runner wants every unit to keep its state and stop */
  struct bsn_board_place {
    atomic_llong step, steps; /* where the worker's unit is */
  } place[];
} bsn_board;

typedef struct bsn_worker {
  const bsn_study *study;
  bsn_sink *files; /* whose save and load are used, and nothing else */
  int pipe;        /* to the runner */
  bsn_board *board;
  size_t place;      /* this worker's on the board */
  bool stack;        /* units that come together are stacked even if it does not pay */
  double checkpoint; /* seconds between two checkpoints of a unit */
} bsn_worker;

/* Do what the runner says until its pipe is closed. */
void bsn_worker_run(const bsn_worker *worker);

#endif
