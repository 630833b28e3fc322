/* What was acknowledged stays, and nothing is stored by halves: killed writers, a full disk, every allocation and every
 * write failing once or from then on. */
#include "basin_check.h"
#include "study_folder.h"
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- faults: number `at` fails, and all behind it when they last ---- */

static struct {
  bool on, lasting;
  long at, count;
  int code; /* for writes */
} fault;

static bool fails(void) {
  if (!fault.on) return false;
  fault.count++;
  return fault.count == fault.at || (fault.lasting && fault.count > fault.at);
}

static bool happened(void) { return fault.count >= fault.at; }

/* The arenas' allocations: the program's own definition comes before the C library's. */
static bool arenas_fail;

void *aligned_alloc(size_t align, size_t size) { return arenas_fail && fails() ? NULL : memalign(align, size); }

/* SQLite's allocations. */
static sqlite3_mem_methods memory;

static void *failing_malloc(int n) { return fails() ? NULL : memory.xMalloc(n); }

static void *failing_realloc(void *p, int n) { return fails() ? NULL : memory.xRealloc(p, n); }

static void fail_sqlite_memory(void) {
  sqlite3_shutdown();
  ck_assert_int_eq(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory), SQLITE_OK);
  sqlite3_mem_methods failing = memory;
  failing.xMalloc = failing_malloc;
  failing.xRealloc = failing_realloc;
  ck_assert_int_eq(sqlite3_config(SQLITE_CONFIG_MALLOC, &failing), SQLITE_OK);
}

/* A file system below SQLite whose writes, truncations and syncs fail. */
typedef struct shim {
  sqlite3_file base;
  sqlite3_file *real;
} shim;

static sqlite3_file *real_of(sqlite3_file *f) { return ((shim *)f)->real; }

#define PASS(name, parameters, arguments) \
  static int shim_##name parameters {     \
    sqlite3_file *r = real_of(f);         \
    return r->pMethods->name arguments;   \
  }
#define FAIL(name, parameters, arguments)                      \
  static int shim_##name parameters {                          \
    sqlite3_file *r = real_of(f);                              \
    return fails() ? fault.code : r->pMethods->name arguments; \
  }

// clang-format off
PASS(xClose, (sqlite3_file *f), (r))
PASS(xRead, (sqlite3_file *f, void *b, int n, sqlite3_int64 at), (r, b, n, at))
FAIL(xWrite, (sqlite3_file *f, const void *b, int n, sqlite3_int64 at), (r, b, n, at))
FAIL(xTruncate, (sqlite3_file *f, sqlite3_int64 n), (r, n))
FAIL(xSync, (sqlite3_file *f, int flags), (r, flags))
PASS(xFileSize, (sqlite3_file *f, sqlite3_int64 *n), (r, n))
PASS(xLock, (sqlite3_file *f, int how), (r, how))
PASS(xUnlock, (sqlite3_file *f, int how), (r, how))
PASS(xCheckReservedLock, (sqlite3_file *f, int *is), (r, is))
PASS(xFileControl, (sqlite3_file *f, int what, void *p), (r, what, p))
PASS(xSectorSize, (sqlite3_file *f), (r))
PASS(xDeviceCharacteristics, (sqlite3_file *f), (r))
PASS(xShmMap, (sqlite3_file *f, int page, int size, int extend, void volatile **p), (r, page, size, extend, p))
PASS(xShmLock, (sqlite3_file *f, int at, int n, int flags), (r, at, n, flags))
static void shim_xShmBarrier(sqlite3_file *f) { real_of(f)->pMethods->xShmBarrier(real_of(f)); }
PASS(xShmUnmap, (sqlite3_file *f, int drop), (r, drop))
// clang-format on

static const sqlite3_io_methods shim_methods = {
    .iVersion = 2,
    .xClose = shim_xClose,
    .xRead = shim_xRead,
    .xWrite = shim_xWrite,
    .xTruncate = shim_xTruncate,
    .xSync = shim_xSync,
    .xFileSize = shim_xFileSize,
    .xLock = shim_xLock,
    .xUnlock = shim_xUnlock,
    .xCheckReservedLock = shim_xCheckReservedLock,
    .xFileControl = shim_xFileControl,
    .xSectorSize = shim_xSectorSize,
    .xDeviceCharacteristics = shim_xDeviceCharacteristics,
    .xShmMap = shim_xShmMap,
    .xShmLock = shim_xShmLock,
    .xShmBarrier = shim_xShmBarrier,
    .xShmUnmap = shim_xShmUnmap,
};

static sqlite3_vfs *below;

static int shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out) {
  (void)vfs;
  shim *s = (shim *)f;
  *s = (shim){.real = (sqlite3_file *)(s + 1)};
  int code = below->xOpen(below, name, s->real, flags, out);
  if (s->real->pMethods) s->base.pMethods = &shim_methods;
  return code;
}

static void fail_writes(void) {
  static sqlite3_vfs vfs;
  below = sqlite3_vfs_find(NULL);
  vfs = *below;
  vfs.zName = "failing";
  vfs.szOsFile = (int)sizeof(shim) + below->szOsFile;
  vfs.xOpen = shim_open;
  ck_assert_int_eq(sqlite3_vfs_register(&vfs, 1), SQLITE_OK);
}

/* ---- what is done under faults, and what must hold afterwards ---- */

enum { RECORDS = 2, METRICS = 4 /* of a trial_record */ };

static double largest(double *x, size_t n, double argument) {
  double best = argument;
  for (size_t i = 0; i < n; i++) best = fmax(best, x[i]);
  return best;
}

static bool ask(bsn_store *store, bsn_error *error) {
  bsn_query q;
  BSN_TRY(bsn_store_aggregate(store, "largest", 1, largest, error));
  BSN_TRY(bsn_query_open(&q, store, "SELECT largest(value), name FROM final GROUP BY name ORDER BY 1", error));
  while (bsn_query_next(&q, error))
    if (!bsn_query_text(&q, 1)) bsn_no_memory(error);
  bsn_query_close(&q);
  return !error->code;
}

/* Records are put one by one, each acknowledged, or gathered and acknowledged together. */
static bool gathered;

/* Put the records until one fails; kept counts the acknowledged ones. */
static bool use(const bsn_record *records, bsn_store *store, int *kept, bsn_error *error) {
  bsn_sink *sink = bsn_store_sink(store);
  bsn_arena arena = {0};
  bsn_record back;
  bool ok = bsn_store_lock(store, error) && bsn_store_note_all(store, 1, &(bsn_fact){"about", "faults"}, error);
  int put = 0;
  sink->gather = gathered;
  for (int i = 0; ok && i < RECORDS; i++) {
    ok = sink->put(sink, &records[i], error) && sink->get(sink, records[i].key, &arena, &back, error);
    put += ok;
  }
  bsn_error settling = {0};
  if (sink->settle(sink, &settling)) *kept = put;
  if (ok && settling.code) *error = settling, ok = false;
  ok = ok && sink->save(sink, "checkpoints/k", "blob", 4, error) && ask(store, error);
  bsn_arena_free(&arena);
  return ok;
}

static bool work(const char *folder, const bsn_record *records, int *kept, bsn_error *error) {
  bsn_store *store = bsn_store_open(folder, BSN_STORE_WRITE, error);
  bool ok = store && use(records, store, kept, error);
  bsn_store_close(store);
  return ok;
}

static bool is_whole(bsn_store *store) {
  bsn_query q;
  bsn_error error = {0};
  OK(bsn_query_open(&q, store, "PRAGMA integrity_check", &error));
  ck_assert(bsn_query_next(&q, &error));
  bool ok = strcmp(bsn_query_text(&q, 0), "ok") == 0;
  bsn_query_close(&q);
  double trials = number_of(store, "SELECT count(*) FROM trial"), units = number_of(store, "SELECT count(*) FROM unit");
  double metrics = number_of(store, "SELECT count(*) FROM metric"),
         settings = number_of(store, "SELECT count(*) FROM setting");
  return ok && trials == units && metrics == METRICS * units && settings == 3 * trials;
}

/* Everything acknowledged is there, everything there is whole, and the store works on. */
static void check_after(const char *folder, const bsn_record *records, int kept) {
  bsn_error error = {0};
  bsn_store *store = bsn_store_open(folder, BSN_STORE_WRITE, &error);
  ck_assert_msg(store, "%s", error.text);
  bsn_sink *sink = bsn_store_sink(store);
  for (int i = 0; i < kept; i++) ck_assert(sink->has(sink, records[i].key));
  ck_assert(is_whole(store));
  for (int i = 0; i < RECORDS; i++) OK(sink->put(sink, &records[i], &error));
  ck_assert(number_of(store, "SELECT count(*) FROM trial") == RECORDS);
  bsn_store_close(store);
}

/* One fault, at number `at`. False when nothing was left to fail. */
static bool try_at(long at, bool lasting, bsn_record *records) {
  bsn_arena arena = {0};
  bsn_error error = {0};
  char *folder = new_folder(&arena);
  int kept = 0;
  fault.on = true, fault.lasting = lasting, fault.at = at, fault.count = 0;
  bool ok = work(folder, records, &kept, &error);
  fault.on = false;
  bool hit = happened();
  ck_assert_msg(ok == !error.code, "fault %ld: result %d but code %d", at, ok, error.code);
  ck_assert(ok || *error.text);
  ck_assert_msg(hit || ok, "no fault, but: %s", error.text);
  ck_assert(!lasting || !hit || !ok || fault.count == fault.at); /* only the very last step may shrug it off */
  check_after(folder, records, kept);
  remove_folder(folder);
  bsn_arena_free(&arena);
  return hit;
}

/* Every stride-th place fails. Returns the number of places. */
static long try_all(bool lasting, long stride) {
  bsn_arena arena = {0};
  bsn_record records[RECORDS];
  for (int i = 0; i < RECORDS; i++) records[i] = trial_record(&arena, i);
  long at = 1;
  while (try_at(at, lasting, records)) at += stride;
  bsn_arena_free(&arena);
  return at - 1;
}

START_TEST(every_allocation_of_ours_fails) {
  arenas_fail = true;
  ck_assert_int_ge(try_all(false, 1), 3);
  ck_assert_int_ge(try_all(true, 1), 3);
}
END_TEST

START_TEST(every_allocation_of_sqlite_fails) {
  fail_sqlite_memory();
  for (int i = 0; i < 2; i++) {
    gathered = i;
    ck_assert_int_ge(try_all(false, i ? 23 : 1), 100);
    ck_assert_int_eq(sqlite3_memory_used(), 0);
  }
}
END_TEST

START_TEST(sqlite_runs_out_of_memory) {
  fail_sqlite_memory();
  /* coarser: at each place once is the test above, and from the first refusal on nothing else happens but giving up */
  ck_assert_int_ge(try_all(true, 41), 100);
  ck_assert_int_eq(sqlite3_memory_used(), 0);
}
END_TEST

START_TEST(every_write_fails) {
  fail_writes();
  static const int codes[] = {SQLITE_FULL, SQLITE_IOERR_WRITE};
  for (int i = 0; i < 8; i++) {
    fault.code = codes[i / 2 % 2];
    gathered = i / 4;
    ck_assert_int_ge(try_all(i % 2, gathered ? 3 : 1), 20);
  }
}
END_TEST

/* Put record after record; say each one's number when it is acknowledged. */
static void write_for_ever(const char *folder, int pipe_end) {
  bsn_arena arena = {0};
  bsn_error error = {0};
  bsn_store *store = bsn_store_open(folder, BSN_STORE_WRITE, &error);
  for (int i = 0;; i++) {
    bsn_record r = trial_record(&arena, i);
    if (!store || !bsn_store_sink(store)->put(bsn_store_sink(store), &r, &error)) _exit(1);
    if (write(pipe_end, &i, sizeof i) != sizeof i) _exit(2);
  }
}

START_TEST(killed_writers_leave_whole_records) {
  for (int round = 0; round < 6; round++) {
    bsn_arena arena = {0};
    bsn_error error = {0};
    char *folder = new_folder(&arena);
    int ends[2], last = -1, status;
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) write_for_ever(folder, ends[1]);
    close(ends[1]);
    while (last < 5 + 11 * round) ck_assert_int_eq(read(ends[0], &last, sizeof last), sizeof last);
    usleep(137 * (unsigned)round);
    kill(child, SIGKILL);
    ck_assert(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
    while (read(ends[0], &last, sizeof last) == sizeof last) {}
    close(ends[0]);
    bsn_store *store = bsn_store_open(folder, BSN_STORE_WRITE, &error);
    ck_assert_msg(store, "%s", error.text);
    for (int i = 0; i <= last; i++) ck_assert(bsn_store_sink(store)->has(bsn_store_sink(store), key_of(i)));
    ck_assert(is_whole(store));
    bsn_store_close(store);
    remove_folder(folder);
    bsn_arena_free(&arena);
  }
}
END_TEST

/* Put until it fails; everything before must still be there, and a file saved before stays as it was. */
static void fill(const char *folder, const char *says, void (*relief)(const char *folder)) {
  bsn_arena arena = {0};
  bsn_error error = {0};
  bsn_store *store = bsn_store_open(folder, BSN_STORE_WRITE, &error);
  ck_assert_msg(store, "%s", error.text);
  bsn_sink *sink = bsn_store_sink(store);
  OK(sink->save(sink, "checkpoints/k", "old", 3, &error));
  static char noise[100000];
  int kept = 0;
  for (bool ok = true; ok; kept += ok) {
    ck_assert_int_lt(kept, 1000);
    bsn_record r = trial_record(&arena, kept);
    ck_assert(bsn_record_array(&r, (bsn_array){0, "noise", 'b', 1, {sizeof noise}, noise}));
    ok = sink->put(sink, &r, &error);
  }
  ck_assert_int_gt(kept, 1);
  ck_assert_int_eq(error.code, BSN_IO);
  ck_assert_msg(strstr(error.text, says), "%s", error.text);
  bsn_error again = {0};
  void *old;
  size_t n;
  char *large = calloc(1, 4 << 20);
  ck_assert(!sink->save(sink, "checkpoints/k", large, 4 << 20, &again));
  free(large);
  ck_assert_int_eq(again.code, BSN_IO);
  ck_assert_ptr_nonnull(strstr(again.text, "/checkpoints/k"));
  again = (bsn_error){0};
  ck_assert(sink->load(sink, "checkpoints/k", &arena, &old, &n, &again) && n == 3);
  relief(folder);
  bsn_record r = trial_record(&arena, kept);
  error = (bsn_error){0};
  OK(sink->put(sink, &r, &error));
  for (int i = 0; i <= kept; i++) ck_assert(sink->has(sink, key_of(i)));
  ck_assert(is_whole(store));
  bsn_store_close(store);
  bsn_arena_free(&arena);
}

static void raise_limit(const char *folder) {
  (void)folder;
  setrlimit(RLIMIT_FSIZE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY});
}

START_TEST(a_file_may_not_grow) {
  bsn_arena arena = {0};
  char *folder = new_folder(&arena);
  signal(SIGXFSZ, SIG_IGN);
  ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){1 << 20, RLIM_INFINITY}), 0);
  fill(folder, "study.db: disk I/O error (SQLite code 778)", raise_limit);
  remove_folder(folder);
  bsn_arena_free(&arena);
}
END_TEST

static void grow_disk(const char *folder) { mount("basin", folder, "tmpfs", MS_REMOUNT, "size=64m"); }

/* Needs the right to mount; without it the limit above is the test. */
START_TEST(the_disk_is_full) {
  bsn_arena arena = {0};
  char *folder = new_folder(&arena);
  if (mount("basin", folder, "tmpfs", 0, "size=2m") == 0) {
    fill(folder, "the disk is full; what was stored before is safe", grow_disk);
    ck_assert_int_eq(umount(folder), 0);
  }
  remove_folder(folder);
  bsn_arena_free(&arena);
}
END_TEST

BASIN_TESTS("store_faults", every_allocation_of_ours_fails, every_allocation_of_sqlite_fails, sqlite_runs_out_of_memory,
            every_write_fails, killed_writers_leave_whole_records, a_file_may_not_grow, the_disk_is_full)
