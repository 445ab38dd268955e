/* Start-up until main(), the dispatch of interrupts, and the report of a fault.
 *
 * gcc has no tail calls for call0, so in wasm3 each operation uses more of the task stack until its function returns.
 * The task stack is at the bottom of the data RAM, so an overflow overwrites no data at first. A store to its last 64
 * bytes is a debug exception, and each interrupt checks whether the stack pointer is below them. */
#include "arch.h"
#include "board.h"
#include "family.h"
#include "registers.h"
#include <string.h>
#include <unistd.h>

#define STACK_PAINT 0x5a5a5a5au
#define GUARD_BYTES 64u

/* From the linker script. */
extern uint32_t __task_stack_start[], __task_stack_end[], __irq_stack_start[], __irq_stack_end[];
extern uint8_t __bss_start[], __bss_end[], __heap_start[];

int main(void);
/* Starts the component. Absent from images without it (APP=bare). */
__attribute__((weak)) int pktsock_start_board(void);

static void put_text(const char *text) { board_console_write(text, strlen(text)); }

static void put_hex(const char *name, uint32_t value) {
  char text[8];
  for (int i = 7; i >= 0; i--, value >>= 4)
    text[i] = "0123456789abcdef"[value & 15];
  put_text(name);
  board_console_write(text, sizeof(text));
}

__attribute__((used)) void start(void) {
  memset(__bss_start, 0, (size_t)(__bss_end - __bss_start));
  for (uint32_t *at = __task_stack_start; at < (uint32_t *)__builtin_frame_address(0) - 16; at++)
    *at = STACK_PAINT;
  for (uint32_t *at = __irq_stack_start; at < __irq_stack_end; at++)
    *at = STACK_PAINT;
  WRITE_SPECIAL(dbreaka0, (uint32_t)__task_stack_start);
  WRITE_SPECIAL(dbreakc0, DBREAKC_STORE_64);
  arch_irq_restore(0);
  board_init();
  if (pktsock_start_board != NULL && pktsock_start_board() != 0) {
    put_text("pktsock did not start\n");
    board_exit(1);
  }
  board_exit(main());
}

__attribute__((noreturn)) static void report(uint32_t pc, uint32_t a0, uint32_t sp) {
  put_hex("\npc ", pc);
  put_hex(" a0 ", a0);
  put_hex(" sp ", sp);
  put_text("\n");
  board_exit(1);
}

/* Each that is pending once: what comes meanwhile interrupts again. */
static void run_interrupts(void) {
  for (uint32_t pending = READ_SPECIAL(interrupt) & READ_SPECIAL(intenable); pending != 0; pending &= pending - 1) {
    unsigned irq = (unsigned)__builtin_ctz(pending);
    if (irq == CCOMPARE0_IRQ) {
      family_clock_interrupt();
    } else if (irq < FAMILY_IRQS && board_interrupts[irq] != NULL) {
      board_interrupts[irq]();
    } else {
      put_hex("\nunexpected interrupt ", irq);
      put_text("\n");
      board_exit(1);
    }
  }
}

/* Called by start.S for exceptions and interrupts. frame[0] is the interrupted a0, `sp` the interrupted a1. */
__attribute__((used)) void family_exception(const uint32_t *frame, uint32_t sp) {
  if (sp < (uint32_t)__task_stack_start + GUARD_BYTES) {
    put_text("\nstack overflow");
    report(READ_SPECIAL(epc1), frame[0], sp);
  }
  if (READ_SPECIAL(exccause) != CAUSE_LEVEL1_INTERRUPT) {
    put_hex("\nfault ", READ_SPECIAL(exccause));
    put_hex(" EXCVADDR ", READ_SPECIAL(excvaddr));
    report(READ_SPECIAL(epc1), frame[0], sp);
  }
  run_interrupts();
}

/* A fault in an interrupt handler, or an unused vector. */
__attribute__((used)) void family_double_exception(void) {
  put_hex("\ndouble fault ", READ_SPECIAL(exccause));
  put_hex(" DEPC ", READ_SPECIAL(depc));
  report(READ_SPECIAL(epc1), 0, 0);
}

/* A store to the stack's guard, or a break instruction, which is gcc's trap. */
__attribute__((used)) void family_debug_exception(uint32_t pc, uint32_t a0, uint32_t sp) {
  put_text(READ_SPECIAL(debugcause) & DEBUGCAUSE_DBREAK ? "\nstack overflow" : "\nfault break");
  report(pc, a0, sp);
}

static uint32_t stack_used(const uint32_t *start, const uint32_t *end) {
  while (start < end && *start == STACK_PAINT)
    start++;
  return (uint32_t)(end - start) * sizeof(*start);
}

void arch_memory_marks(struct arch_memory_marks *marks) {
  marks->stack = stack_used(__task_stack_start, __task_stack_end) + stack_used(__irq_stack_start, __irq_stack_end);
  marks->heap = (uint32_t)((uint8_t *)sbrk(0) - __heap_start);
}
