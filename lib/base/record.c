#include "base/record.h"
#include <math.h>
#include <string.h>
#include <xxhash.h>

static const char *const outcome_names[] = {"undone", "converged", "budget", "stopped_early", "diverged", "failed"};
enum { OUTCOMES = sizeof outcome_names / sizeof *outcome_names };

const char *bsn_outcome_name(bsn_outcome outcome) { return outcome_names[outcome]; }

bsn_outcome bsn_outcome_of(const char *name) {
  for (int i = 0; i < OUTCOMES; i++)
    if (!strcmp(name, outcome_names[i])) return (bsn_outcome)i;
  return BSN_UNDONE;
}

size_t bsn_dtype_size(char dtype) {
  static const struct {
    char dtype;
    size_t size;
  } known[] = {{'f', 4}, {'d', 8}, {'i', 4}, {'b', 1}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (known[i].dtype == dtype) return known[i].size;
  return 0;
}

void bsn_record_init(bsn_record *record, bsn_arena *arena, const char *key, const char *trial, const char *kind,
                     int64_t index) {
  *record = (bsn_record){.arena = arena, .kind = kind, .index = index};
  strncpy(record->key, key, sizeof record->key - 1);
  strncpy(record->trial, trial, sizeof record->trial - 1);
}

bool bsn_record_metric(bsn_record *record, int64_t step, const char *name, double value) {
  bsn_metric *items = bsn_grow_in(record->arena, record->metric, record->nmetrics, sizeof *items);
  if (!items) return false;
  record->metric = items;
  items[record->nmetrics++] = (bsn_metric){step, name, value};
  return true;
}

bool bsn_record_array(bsn_record *record, bsn_array array) {
  bsn_array *items = bsn_grow_in(record->arena, record->array, record->narrays, sizeof *items);
  if (!items) return false;
  record->array = items;
  items[record->narrays++] = array;
  return true;
}

bool bsn_record_clock(bsn_record *record, int64_t step, double seconds) {
  struct bsn_clock *items = bsn_grow_in(record->arena, record->clock, record->nclocks, sizeof *items);
  if (!items) return false;
  record->clock = items;
  items[record->nclocks++] = (struct bsn_clock){step, seconds};
  return true;
}

double bsn_record_last(const bsn_record *record, const char *name) {
  for (size_t i = record->nmetrics; i-- > 0;)
    if (!strcmp(record->metric[i].name, name)) return record->metric[i].value;
  return NAN;
}

/* Bytes. Numbers are 8 bytes, lowest first; a text is its length + 1 (0: NULL) and its bytes; an array's entries have
 * their own size, lowest byte first. The last 8 bytes are XXH3-64 of all before them.
 *
 * One function walks the record in both directions: it counts, writes or reads, so the three cannot disagree. */

static const uint64_t magic = 0x3163726e69736162; /* "basinrc1" */

typedef struct wire {
  enum { COUNTING, WRITING, READING } way;
  unsigned char *to;
  const unsigned char *from;
  size_t at, size;  /* size: when reading, bytes there are */
  bsn_arena *arena; /* reading */
  bool bad, no_memory;
} wire;

static bool room(wire *w, uint64_t bytes) {
  if (w->way == READING && bytes > w->size - w->at) w->bad = true;
  return !w->bad;
}

static void number(wire *w, uint64_t *x) {
  if (!room(w, 8)) return;
  uint64_t value = 0;
  for (int i = 0; i < 8; i++) {
    if (w->way == WRITING) w->to[w->at + (size_t)i] = (unsigned char)(*x >> 8 * i);
    if (w->way == READING) value |= (uint64_t)w->from[w->at + (size_t)i] << 8 * i;
  }
  if (w->way == READING) *x = value;
  w->at += 8;
}

static void whole(wire *w, int64_t *x) {
  uint64_t bits = (uint64_t)*x;
  number(w, &bits);
  *x = (int64_t)bits;
}

static void real(wire *w, double *x) {
  uint64_t bits;
  memcpy(&bits, x, sizeof bits);
  number(w, &bits);
  memcpy(x, &bits, sizeof bits);
}

/* A whole number that must lie in 0 .. most. */
static void small(wire *w, int64_t *x, int64_t most) {
  whole(w, x);
  if (*x < 0 || *x > most) w->bad = true;
}

static void *take(wire *w, size_t bytes) {
  if (w->bad) return NULL;
  void *memory = bsn_alloc_in(w->arena, bytes);
  if (!memory) w->bad = w->no_memory = true;
  return memory;
}

/* Bytes as they are. When reading, *bytes becomes a copy with a NUL behind it. */
static void raw(wire *w, const void **bytes, size_t n) {
  if (!room(w, n)) return;
  if (w->way == WRITING && n) memcpy(w->to + w->at, *bytes, n);
  char *copy = w->way == READING ? take(w, n + 1) : NULL;
  if (copy) *bytes = memcpy(copy, w->from + w->at, n);
  w->at += n;
}

static void text(wire *w, const char **x) {
  uint64_t length = w->way == READING || !*x ? 0 : strlen(*x) + 1;
  number(w, &length);
  if (w->way == READING) *x = NULL;
  if (w->bad || length == 0 || !room(w, length - 1)) return;
  bool broken = w->way == READING && memchr(w->from + w->at, 0, length - 1);
  const void *bytes = *x;
  if (broken)
    w->bad = true;
  else
    raw(w, &bytes, length - 1);
  if (w->way == READING) *x = bytes;
}

static void needed_text(wire *w, const char **x) {
  text(w, x);
  if (!*x) w->bad = true;
}

static void key_text(wire *w, char key[33]) {
  const char *x = key;
  needed_text(w, &x);
  if (w->way != READING || w->bad) return;
  if (strlen(x) > 32)
    w->bad = true;
  else
    memcpy(key, x, strlen(x) + 1);
}

/* Room for n items as bsn_grow_in would have made it: more can be appended. */
static size_t room_for(size_t n) {
  size_t most = 8;
  while (most < n) most *= 2;
  return most;
}

/* How many items follow, each of at least `each` bytes; when reading, *items becomes room for them. */
static void items_of(wire *w, size_t *n, size_t each, void **items, size_t size) {
  uint64_t count = *n;
  number(w, &count);
  if (w->way != READING) return;
  *n = 0;
  if (w->bad || count > (w->size - w->at) / each)
    w->bad = true;
  else if (count > SIZE_MAX / size / 2)
    w->bad = true;
  else if (count && (*items = take(w, room_for(count) * size)))
    *n = count;
}

/* Entries between memory and the wire; a loop over bytes that is right on machines of either byte order. */
static void entries(wire *w, const bsn_array *array, unsigned char *to, size_t n, size_t size) {
  const uint16_t one = 1;
  unsigned char first;
  memcpy(&first, &one, 1);
  if (w->way == COUNTING || n == 0) return;
  const unsigned char *from = w->way == READING ? w->from + w->at : array->data;
  unsigned char *out = w->way == READING ? to : w->to + w->at;
  if (first) memcpy(out, from, n * size);
  for (size_t i = 0; !first && i < n * size; i++) out[i] = from[i - i % size + size - 1 - i % size];
}

/* Entries of a shape; false when there can be no such array in memory. */
static bool count_entries(const bsn_array *array, size_t *n) {
  *n = 1;
  for (int i = 0; i < array->axes; i++) {
    if (array->shape[i] < 0) return false;
    if (__builtin_mul_overflow(*n, (size_t)array->shape[i], n)) return false;
  }
  return *n <= SIZE_MAX / 8;
}

static void array_of(wire *w, bsn_array *array) {
  int64_t axes = array->axes, dtype = array->dtype;
  whole(w, &array->step);
  needed_text(w, &array->name);
  small(w, &dtype, 127);
  small(w, &axes, 4);
  if (w->bad) return;
  array->dtype = (char)dtype;
  array->axes = (int)axes;
  for (int i = 0; i < array->axes; i++) whole(w, &array->shape[i]);
  size_t n, size = bsn_dtype_size(array->dtype);
  if (w->bad || size == 0 || !count_entries(array, &n) || !room(w, n * size)) {
    w->bad = true;
    return;
  }
  unsigned char *memory = w->way == READING ? take(w, n * size) : NULL;
  if (w->bad) return;
  entries(w, array, memory, n, size);
  if (memory) array->data = memory;
  w->at += n * size;
}

static void flag(wire *w, bool *x) {
  int64_t bit = *x;
  small(w, &bit, 1);
  *x = bit;
}

static void header(wire *w, bsn_record *r) {
  int64_t outcome = r->outcome;
  key_text(w, r->key);
  key_text(w, r->trial);
  needed_text(w, &r->kind);
  whole(w, &r->index);
  small(w, &outcome, OUTCOMES - 1);
  if (!w->bad) r->outcome = (bsn_outcome)outcome;
  whole(w, &r->outcome_step);
  text(w, &r->message);
  flag(w, &r->tainted);
  double *const reals[] = {&r->grads, &r->products, &r->seconds, &r->started, &r->ended};
  for (size_t i = 0; i < sizeof reals / sizeof *reals; i++) real(w, reals[i]);
  text(w, &r->host);
  text(w, &r->cell);
  whole(w, &r->replicate);
  whole(w, &r->place);
}

static void setting_of(wire *w, bsn_setting *s) {
  needed_text(w, &s->path);
  needed_text(w, &s->value);
  text(w, &s->identity);
}

static void metric_of(wire *w, bsn_metric *m) {
  whole(w, &m->step);
  needed_text(w, &m->name);
  real(w, &m->value);
}

static void clock_of(wire *w, struct bsn_clock *c) {
  whole(w, &c->step);
  real(w, &c->seconds);
}

/* The numbers are the least bytes that an item of the kind takes. */
static void lists(wire *w, bsn_record *r) {
  enum { METRIC = 24, ARRAY = 32, CLOCK = 16, SETTING = 24 };
  void *items[4] = {r->metric, r->array, r->clock, r->settings.item};
  items_of(w, &r->nmetrics, METRIC, &items[0], sizeof *r->metric);
  for (size_t i = 0; i < r->nmetrics && !w->bad; i++) metric_of(w, (bsn_metric *)items[0] + i);
  items_of(w, &r->narrays, ARRAY, &items[1], sizeof *r->array);
  for (size_t i = 0; i < r->narrays && !w->bad; i++) array_of(w, (bsn_array *)items[1] + i);
  items_of(w, &r->nclocks, CLOCK, &items[2], sizeof *r->clock);
  for (size_t i = 0; i < r->nclocks && !w->bad; i++) clock_of(w, (struct bsn_clock *)items[2] + i);
  items_of(w, &r->settings.n, SETTING, &items[3], sizeof *r->settings.item);
  for (size_t i = 0; i < r->settings.n && !w->bad; i++) setting_of(w, (bsn_setting *)items[3] + i);
  r->metric = items[0];
  r->array = items[1];
  r->clock = items[2];
  r->settings.item = items[3];
}

static void walk(wire *w, bsn_record *r) {
  uint64_t first = magic;
  number(w, &first);
  if (first != magic) w->bad = true;
  header(w, r);
  lists(w, r);
}

static bool pack_failed(const wire *w, bsn_error *error) {
  if (w->no_memory) return bsn_no_memory(error);
  return bsn_fail(error, BSN_FAILED, "a record has a name, key or array that cannot be written");
}

bool bsn_record_pack(const bsn_record *record, bsn_arena *arena, void **bytes, size_t *n, bsn_error *error) {
  bsn_record r = *record;
  wire w = {.way = COUNTING};
  walk(&w, &r);
  if (w.bad) return pack_failed(&w, error);
  w = (wire){.way = WRITING, .to = bsn_alloc_in(arena, w.at + 8)};
  if (!w.to) return bsn_no_memory(error);
  walk(&w, &r);
  uint64_t sum = XXH3_64bits(w.to, w.at);
  number(&w, &sum);
  *bytes = w.to;
  *n = w.at;
  return true;
}

bool bsn_record_unpack(bsn_record *record, bsn_arena *arena, const void *bytes, size_t n, bsn_error *error) {
  static const char damaged[] = "a record is damaged: its bytes do not make sense";
  if (n < 8) return bsn_fail(error, BSN_BAD_INPUT, "%s", damaged);
  wire w = {.way = READING, .from = bytes, .size = n, .at = n - 8, .arena = arena};
  uint64_t sum = 0;
  number(&w, &sum);
  if (sum != XXH3_64bits(bytes, n - 8)) return bsn_fail(error, BSN_BAD_INPUT, "%s", damaged);
  w.at = 0;
  w.size = n - 8;
  *record = (bsn_record){.arena = arena};
  walk(&w, record);
  if (w.no_memory) return bsn_no_memory(error);
  if (w.bad || w.at != w.size) return bsn_fail(error, BSN_BAD_INPUT, "%s", damaged);
  return true;
}

/* The memory sink: packed records and blobs in one list of named bytes. */

typedef struct kept {
  const char *name;
  const void *bytes; /* NULL: dropped */
  size_t n;
  bool finished; /* a record with any outcome but failed */
} kept;

typedef struct keeper {
  kept *item;
  size_t n;
} keeper;

typedef struct memory_sink {
  bsn_sink sink;
  bsn_arena *arena;
  keeper records, blobs;
} memory_sink;

static kept *find(const keeper *in, const char *name) {
  for (size_t i = 0; i < in->n; i++)
    if (in->item[i].bytes && !strcmp(in->item[i].name, name)) return &in->item[i];
  return NULL;
}

static bool keep(bsn_arena *arena, keeper *in, const char *name, kept what) {
  kept *old = find(in, name);
  what.name = old ? old->name : bsn_text_in(arena, "%s", name);
  if (!what.name) return false;
  if (old) return *old = what, true;
  kept *items = bsn_grow_in(arena, in->item, in->n, sizeof *items);
  if (!items) return false;
  in->item = items;
  items[in->n++] = what;
  return true;
}

static bool memory_has(bsn_sink *sink, const char *key) {
  const kept *k = find(&((memory_sink *)sink)->records, key);
  return k && k->finished;
}

static bool memory_get(bsn_sink *sink, const char *key, bsn_arena *arena, bsn_record *record, bsn_error *error) {
  const kept *k = find(&((memory_sink *)sink)->records, key);
  return k && bsn_record_unpack(record, arena, k->bytes, k->n, error);
}

static bool memory_put(bsn_sink *sink, const bsn_record *record, bsn_error *error) {
  memory_sink *m = (memory_sink *)sink;
  if (memory_has(sink, record->key)) return true;
  void *bytes;
  size_t n;
  BSN_TRY(bsn_record_pack(record, m->arena, &bytes, &n, error));
  bool finished = record->outcome != BSN_UNDONE && record->outcome != BSN_TRIAL_FAILED;
  return keep(m->arena, &m->records, record->key, (kept){.bytes = bytes, .n = n, .finished = finished}) ||
         bsn_no_memory(error);
}

static bool memory_save(bsn_sink *sink, const char *name, const void *bytes, size_t n, bsn_error *error) {
  memory_sink *m = (memory_sink *)sink;
  void *copy = bsn_copy_in(m->arena, bytes, n);
  return (copy && keep(m->arena, &m->blobs, name, (kept){.bytes = copy, .n = n})) || bsn_no_memory(error);
}

static bool memory_load(bsn_sink *sink, const char *name, bsn_arena *arena, void **bytes, size_t *n, bsn_error *error) {
  const kept *k = find(&((memory_sink *)sink)->blobs, name);
  if (!k) return false;
  *bytes = bsn_copy_in(arena, k->bytes, k->n);
  *n = k->n;
  return *bytes || bsn_no_memory(error);
}

static void memory_drop(bsn_sink *sink, const char *name) {
  kept *k = find(&((memory_sink *)sink)->blobs, name);
  if (k) k->bytes = NULL;
}

bsn_sink *bsn_memory_sink_in(bsn_arena *arena) {
  memory_sink *m = bsn_alloc_in(arena, sizeof *m);
  if (!m) return NULL;
  m->sink = (bsn_sink){memory_has, memory_get, memory_put, memory_save, memory_load, memory_drop};
  m->arena = arena;
  return &m->sink;
}

const char *bsn_weights_name(bsn_arena *arena, const char *key, int64_t step) {
  return bsn_text_in(arena, "weights/%s/%lld.safetensors", key, (long long)step);
}
