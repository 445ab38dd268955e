/* The lies: `lies words|results|flips COUNT SEED`, `lies modules FILE`, or `lies compiled` for a mutant that was compiled with it.
 * COUNT 0: all of them (words, results). */
#include "lies.h"

#include "../../boards/pktsock/component.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const unsigned char pktsock_wasm[];
extern const unsigned int pktsock_wasm_size;

struct lie lies[2];
unsigned module_calls, traps, refused;
static unsigned runs, endless, clock_us, waits;
static const char *module; /* what runs instead of the module, for a finding */

/* ---- Findings ------------------------------------------------------------------------------------------------------- */

static void tell(void) {
  static const char *const kinds[] = {"no lie", "word", "result of export"};
  char line[200];
  for (unsigned i = 0; i < 2; i++) {
    const struct lie *lie = &lies[i];
    int len = snprintf(line, sizeof(line), "%s %u %s 0x%x from call %u%s, at call %u\n", kinds[lie->kind], lie->where,
                       lie->flips ? "^" : "=", lie->value, lie->from, lie->lasts ? " on" : "", module_calls);
    (void)!write(STDERR_FILENO, line, (size_t)len);
  }
  if (module != NULL)
    (void)!write(STDERR_FILENO, module, strlen(module));
}

void finding(const char *sentence) {
  fprintf(stderr, "FINDING: %s\n", sentence);
  tell();
  _exit(1);
}

void __asan_on_error(void);
void __asan_on_error(void) { tell(); }

const char *__ubsan_default_options(void);
const char *__ubsan_default_options(void) { return "abort_on_error=1:print_stacktrace=1"; }

static void on_signal(int number) {
  static const char hang[] = "FINDING: a call does not end\n", crash[] = "FINDING: a crash\n";
  const char *sentence = number == SIGALRM ? hang : crash;
  (void)!write(STDERR_FILENO, sentence, strlen(sentence));
  tell();
  _exit(1);
}

static const struct pkt_export *const exports[] = {PKT_EXPORTS(PKT_EXPORT_ADDRESS)};

/* ---- The module's environment, by the linker's --wrap -------------------------------------------------------------------- */

int32_t __real_pkt_engine_call(struct pkt_engine *engine, const struct pkt_export *export, uint32_t a, uint32_t b,
                               uint32_t c, uint32_t d);
int32_t __wrap_pkt_engine_call(struct pkt_engine *engine, const struct pkt_export *export, uint32_t a, uint32_t b,
                               uint32_t c, uint32_t d);
uint64_t __wrap_pkt_os_now(void);
void __wrap_pkt_os_time(uint32_t *sec, uint32_t *nsec);
void __wrap_pkt_os_wait(uint64_t deadline);

static void poke(const struct pkt_engine *engine, const struct lie *lie) {
  if (lie->where > engine->memory_size - sizeof(uint32_t))
    return;
  uint32_t *word = (uint32_t *)(void *)(engine->memory + (lie->where & ~3u));
  *word = lie->flips ? *word ^ lie->value : lie->value;
}

int32_t __wrap_pkt_engine_call(struct pkt_engine *engine, const struct pkt_export *export, uint32_t a, uint32_t b,
                               uint32_t c, uint32_t d) {
  uint32_t before = engine->traps;
  int32_t result = __real_pkt_engine_call(engine, export, a, b, c, d);
  endless += engine->traps != before && strcmp(engine->error, pkt_engine_endless) == 0;
  if (getenv("LIES_BREAK") != NULL) /* to show that the suite finds it: C believes that there are more frames */
    pkt_bounds.frame_count = 1 << 20;
  module_calls++;
  for (unsigned i = 0; i < 2; i++) {
    const struct lie *lie = &lies[i];
    if (lie->kind == NO_LIE || (lie->lasts ? module_calls < lie->from : module_calls != lie->from))
      continue;
    if (lie->kind == WORD)
      poke(engine, lie);
    else if (exports[lie->where] == export)
      result = (int32_t)lie->value;
  }
  return result;
}

uint64_t __wrap_pkt_os_now(void) { return 1000000000ull + clock_us; }

void __wrap_pkt_os_time(uint32_t *sec, uint32_t *nsec) { *sec = 1000, *nsec = clock_us * 1000u; }

/* A task that waits too long, because a lie is its time-out, is ended by a stop. */
void __wrap_pkt_os_wait(uint64_t deadline) {
  (void)deadline;
  clock_us += 1000;
  if (++waits == 100)
    pktsock_stop();
  else if (waits > 1000)
    finding("a wait does not end");
  else if (waits % 4 == 3)
    nic_complete();
  else if (waits % 4 == 1)
    nic_arrive(waits / 4 % NICS, waits);
}

static void run(const uint8_t *wasm, size_t wasm_size, void (*middle)(void)) {
  module_calls = clock_us = waits = 0;
  runs++;
  alarm(20);
  live(wasm, wasm_size, middle);
}

static void run_ours(void (*middle)(void)) { run(pktsock_wasm, pktsock_wasm_size, middle); }

/* ---- What can be lied about --------------------------------------------------------------------------------------------- */

#define MAX_PLACES 2000
static uint32_t places[MAX_PLACES], values[64];
static unsigned place_count, value_count, middle_call, all_calls;
static uint32_t memory_size;

static void add_place(uint32_t from, uint32_t bytes) {
  for (uint32_t at = from; at < from + bytes && place_count < MAX_PLACES; at += sizeof(uint32_t))
    places[place_count++] = at;
}

static void add_value(uint32_t value) { values[value_count++] = value; }

static void add_values_around(uint32_t offset) {
  add_value(offset);
  add_value(offset + 4);
}

/* Once sockets are open and hold frames: note where everything is. */
static void look(void) {
  const struct pkt_bounds *b = &pkt_bounds;
  memory_size = b->size;
  middle_call = module_calls;
  place_count = value_count = 0;
  add_place(PKT_CONTROL, PKT_CONTROL_BYTES + PKT_STATE_BYTES);
  add_place(b->table, b->table_length * 4);
  for (uint32_t v = 0; v < 3; v++)
    add_value(v);
  add_value(b->size), add_value(b->size - 1), add_value(b->size - 4), add_value(b->size - 8);
  add_value(0x7fffffff), add_value(0x80000000u), add_value(0xffffffffu), add_value(0xfffffffcu);
  add_values_around(b->table), add_values_around(b->umem), add_values_around(PKT_CONTROL);
  add_values_around(b->frame_table), add_value(b->frame_table + 3 * PKT_FRAME_BYTES);
  for (unsigned i = 0; i < NICS; i++) {
    uint32_t iface = pkt_offset_of(nics[i]->iface);
    add_place(iface, PKT_IFACE_BYTES + 4 * nics[i]->rx.length * PKT_SLOT_BYTES + nics[i]->rx.length * 4 + 4);
    add_value(iface), add_value(nics[i]->iface->rx_ring);
  }
  for (unsigned i = 0; i < PKT_MAX_DESCRIPTORS; i++)
    if (b->sockets[i] != 0) {
      add_place(b->sockets[i], PKT_SOCKET_WHOLE_BYTES + 4 * 16);
      add_value(b->sockets[i]), add_value(b->sockets[i] + PKT_SOCKET_WHOLE_BYTES);
    }
  add_place(b->frame_table, b->frame_count * PKT_FRAME_BYTES);
}

static uint32_t seed;
static uint32_t next(uint32_t limit) {
  seed ^= seed << 13, seed ^= seed >> 17, seed ^= seed << 5;
  return seed % limit;
}

/* Each word with each value and itself: at the start, in the middle once, and from the middle on. */
static void lie_about_words(unsigned limit) {
  unsigned total = place_count * (value_count + 1) * 3;
  unsigned step = limit == 0 || limit >= total ? 1 : total / limit;
  for (unsigned i = limit == 0 ? 0 : next(step); i < total; i += step) {
    uint32_t place = places[i / 3 / (value_count + 1)], value = i / 3 % (value_count + 1);
    unsigned when = i % 3;
    lies[0] = (struct lie){.kind = WORD,
                           .where = place,
                           .value = value == value_count ? place : values[value],
                           .from = when == 0 ? 1 + i % 4 : middle_call,
                           .lasts = when == 2};
    run_ours(NULL);
  }
}

/* Each export's result: always, and in the middle once. */
static void lie_about_results(unsigned limit) {
  unsigned total = PKT_EXPORT_COUNT * (value_count + 1) * 2;
  unsigned step = limit == 0 || limit >= total ? 1 : total / limit;
  for (unsigned i = limit == 0 ? 0 : next(step); i < total; i += step) {
    uint32_t value = i / 2 % (value_count + 1);
    lies[0] = (struct lie){.kind = RESULT,
                           .where = i / 2 / (value_count + 1),
                           .value = value == value_count ? (uint32_t)-PKT_EAGAIN : values[value],
                           .from = i % 2 == 0 ? 1 : middle_call,
                           .lasts = true};
    run_ours(NULL);
  }
}

/* Two words at a time, at random. */
static void flip(unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    for (unsigned n = 0; n < 2; n++) {
      bool anywhere = next(4) == 0;
      bool flips = next(2) == 0;
      lies[n] = (struct lie){.kind = WORD,
                             .where = anywhere ? next(memory_size) & ~3u : places[next(place_count)],
                             .value = flips ? 1u << next(32) : values[next(value_count)] + next(2) * next(64),
                             .flips = flips,
                             .from = 1 + next(all_calls),
                             .lasts = !flips && next(3) == 0};
    }
    run_ours(NULL);
  }
}

/* Other modules: a file of u32 lengths, each with the bytes behind it. */
static void run_modules(const char *path) {
  FILE *file = fopen(path, "rb");
  uint32_t len;
  static char name[40];
  if (file == NULL)
    finding("no file of modules");
  lies[0].kind = NO_LIE;
  for (unsigned number = 0; fread(&len, sizeof(len), 1, file) == 1; number++) {
    uint8_t *wasm = malloc(len);
    if (wasm == NULL || fread(wasm, 1, len, file) != len)
      finding("the file of modules ends early");
    snprintf(name, sizeof(name), "module %u\n", number);
    module = name;
    run(wasm, len, NULL);
    free(wasm);
  }
  fclose(file);
}

int main(int argc, char **argv) {
  static const int fatal[] = {SIGALRM, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
  const char *what = argc > 1 ? argv[1] : "";
  bool compiled = strcmp(what, "compiled") == 0;
  if (argc < 3 && !compiled)
    finding("usage: lies words|results|flips COUNT SEED, lies modules FILE, or lies compiled");
  for (unsigned i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
    signal(fatal[i], on_signal);
  if (compiled) {
    run_ours(NULL);
    printf("compiled: %u calls, %u traps (%u endless), %u refused at the start, no finding\n", module_calls, traps,
           endless, refused);
    return 0;
  }
  unsigned count = (unsigned)strtoul(argv[2], NULL, 10);
  seed = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 1;
  seed += seed == 0;
  run_ours(look);
  all_calls = module_calls;
  if (traps != 0 || refused != 0 || waits >= 100)
    finding("the truth does not work");
  if (strcmp(what, "words") == 0)
    lie_about_words(count);
  else if (strcmp(what, "results") == 0)
    lie_about_results(count);
  else if (strcmp(what, "flips") == 0)
    flip(count);
  else
    run_modules(argv[2]);
  lies[0].kind = lies[1].kind = NO_LIE;
  unsigned trapped = traps;
  run_ours(NULL);
  if (traps != trapped || module_calls != all_calls)
    finding("a lie outlived its run");
  printf("%s: %u runs of %u calls, %u traps (%u endless), %u refused at the start, no finding\n", what, runs, all_calls,
         traps, endless, refused);
  return 0;
}
