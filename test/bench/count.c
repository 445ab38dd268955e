/* A QEMU TCG plugin that counts executed instructions and notes the count whenever execution reaches a marked address:
 *
 *   -plugin file=count.so,out=FILE,mark=ADDRESS,mark=ADDRESS,...
 *
 * writes a line "MARK COUNT" to FILE each time, at once: MARK numbers the marks from 0 (or is "idle": the processor went to
 * sleep), COUNT is the number of instructions executed before.
 *
 * Two more lines, at the end of the run, say how long something lasted at most, in instructions, interrupts in between included, and at which address
 * it began: "masked COUNT ADDRESS", interrupts (masked.h says by which instructions), and "locked COUNT ADDRESS", from the
 * address of lock=ADDRESS to that of unlock=ADDRESS. A second address is in the block of code that was executed before. Both count from main=ADDRESS on. For Cortex-M and Xtensa.
 *
 * One processor. Debian's QEMU 7.2 comes without the plugin header, so what is used of the interface (version 1) is declared
 * here. */
#include "../support/masked.h"
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

typedef uint64_t qemu_plugin_id_t;
struct qemu_info {
  const char *target_name; /* the others are not used */
};
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };
typedef void (*vcpu_callback)(unsigned cpu, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, void (*)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_idle_cb(qemu_plugin_id_t id, void (*)(qemu_plugin_id_t, unsigned cpu));
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, void (*)(qemu_plugin_id_t, void *), void *data);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *, vcpu_callback, enum qemu_plugin_cb_flags,
                                            void *);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *, enum qemu_plugin_op, void *at, uint64_t add);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, vcpu_callback, enum qemu_plugin_cb_flags, void *);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *);

EXPORT int qemu_plugin_version = 1;

#define MAX_MARKS 16

static uint64_t marks[MAX_MARKS];
static unsigned mark_count;
static uint64_t instructions;
static FILE *out; /* written line by line: who reads it knows what the board has done */

static void reached(unsigned cpu, void *mark) {
  (void)cpu;
  fprintf(out, "%u %" PRIu64 "\n", (unsigned)(uintptr_t)mark, instructions);
}

static void idle(qemu_plugin_id_t id, unsigned cpu) {
  (void)id, (void)cpu;
  fprintf(out, "idle %" PRIu64 "\n", instructions);
}

/* ---- Spans ---- */

static uint64_t block, block_before; /* the starts of the blocks of code that were entered last */
static struct span masked = {.name = "masked"}, locked = {.name = "locked"};
static bool is_xtensa;
static uint64_t lock_address = UINT64_MAX, unlock_address = UINT64_MAX, main_address = UINT64_MAX;
static bool started;

static void enter_block(unsigned cpu, void *at) {
  (void)cpu;
  block_before = block;
  block = (uint64_t)(uintptr_t)at;
}

static void start(unsigned cpu, void *at) {
  (void)cpu, (void)at;
  started = true;
}

static void begin_masked(unsigned cpu, void *at) {
  (void)cpu;
  if (started)
    span_begin(&masked, instructions, (uint64_t)(uintptr_t)at, block_before);
}

static void end_masked(unsigned cpu, void *at) {
  (void)cpu, (void)at;
  span_end(&masked, instructions);
}

/* Masked once, before the sleep. */
static void sleep_masked(unsigned cpu, void *at) {
  end_masked(cpu, at);
  masked.depth = 0;
}

static void begin_locked(unsigned cpu, void *at) {
  (void)cpu;
  if (started)
    span_begin(&locked, instructions, (uint64_t)(uintptr_t)at, block_before);
}

static void end_locked(unsigned cpu, void *at) {
  (void)cpu, (void)at;
  span_end(&locked, instructions);
}

/* What this instruction begins or ends. */
static vcpu_callback span_of(const struct qemu_plugin_insn *insn) {
  uint64_t at = qemu_plugin_insn_vaddr(insn);
  if (at == main_address)
    return start;
  if (at == lock_address)
    return begin_locked;
  if (at == unlock_address)
    return end_locked;
  static const vcpu_callback callbacks[] = {
      [MASKED_BEGINS] = begin_masked, [MASKED_ENDS] = end_masked, [MASKED_SLEEPS] = sleep_masked};
  const void *bytes = qemu_plugin_insn_data(insn);
  size_t size = qemu_plugin_insn_size(insn);
  return callbacks[is_xtensa ? masked_step_xtensa(bytes, size) : masked_step_arm(bytes, size)];
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb) {
  (void)id;
  size_t count = qemu_plugin_tb_n_insns(tb);
  qemu_plugin_register_vcpu_tb_exec_cb(tb, enter_block, QEMU_PLUGIN_CB_NO_REGS,
                                       (void *)(uintptr_t)qemu_plugin_tb_vaddr(tb));
  for (size_t i = 0; i < count; i++) {
    struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
    for (unsigned mark = 0; mark < mark_count; mark++)
      if (marks[mark] == qemu_plugin_insn_vaddr(insn))
        qemu_plugin_register_vcpu_insn_exec_cb(insn, reached, QEMU_PLUGIN_CB_NO_REGS, (void *)(uintptr_t)mark);
    vcpu_callback span = span_of(insn);
    if (span != NULL)
      qemu_plugin_register_vcpu_insn_exec_cb(insn, span, QEMU_PLUGIN_CB_NO_REGS,
                                             (void *)(uintptr_t)qemu_plugin_insn_vaddr(insn));
    qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64, &instructions, 1);
  }
}

static void ended(qemu_plugin_id_t id, void *data) {
  (void)id, (void)data;
  for (const struct span *span = &masked; span != NULL; span = span == &masked ? &locked : NULL)
    fprintf(out, "%s %" PRIu64 " %" PRIx64 " %" PRIx64 "\n", span->name, span->longest, span->longest_at,
            span->longest_before);
  fclose(out);
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info, int argc, char **argv) {
  is_xtensa = strcmp(info->target_name, "xtensa") == 0;
  for (int i = 0; i < argc; i++) {
    if (strncmp(argv[i], "out=", 4) == 0)
      out = fopen(argv[i] + 4, "w");
    else if (strncmp(argv[i], "mark=", 5) == 0 && mark_count < MAX_MARKS)
      marks[mark_count++] = strtoull(argv[i] + 5, NULL, 0);
    else if (strncmp(argv[i], "lock=", 5) == 0)
      lock_address = strtoull(argv[i] + 5, NULL, 0);
    else if (strncmp(argv[i], "unlock=", 7) == 0)
      unlock_address = strtoull(argv[i] + 7, NULL, 0);
    else if (strncmp(argv[i], "main=", 5) == 0)
      main_address = strtoull(argv[i] + 5, NULL, 0);
    else
      return fprintf(stderr, "count: %s is not an argument, or the mark after %d others\n", argv[i], MAX_MARKS);
  }
  if (out == NULL)
    return fprintf(stderr, "count: out=FILE is missing or cannot be written\n");
  setvbuf(out, NULL, _IOLBF, BUFSIZ);
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  qemu_plugin_register_vcpu_idle_cb(id, idle);
  qemu_plugin_register_atexit_cb(id, ended, NULL);
  return 0;
}
