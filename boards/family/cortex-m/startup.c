/* Start-up from reset to main(), the system vectors, and the report of a fault.
 *
 * main() runs on the task stack (PSP), interrupts on their own (MSP). The task stack is at the bottom of RAM, and the
 * MPU forbids access below it: a stack overflow is a fault that is reported. */
#include "arch.h"
#include "board.h"
#include "family.h"
#include "registers.h"
#include <string.h>
#include <unistd.h>

#define STACK_PAINT 0x5a5a5a5au
#define GUARD_BYTES 4096u

/* From the linker script. */
extern uint32_t __task_stack_start[], __task_stack_end[], __irq_stack_start[], __irq_stack_end[];
extern uint8_t __data_start[], __data_source[], __data_end[], __bss_start[], __bss_end[], __heap_start[];

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

/* Forbid access below RAM, with the highest region, which overrides those that a board may set up. */
static void guard_stack(void) {
  uint32_t regions = MPU_TYPE_DREGION(MPU_TYPE);
  if (regions == 0)
    return;
  MPU_RNR = regions - 1;
  MPU_RBAR = (uint32_t)__task_stack_start - GUARD_BYTES;
  MPU_RASR = MPU_RASR_NO_ACCESS_4K;
  MPU_CTRL = MPU_CTRL_ENABLE | MPU_CTRL_PRIVDEFENA;
  __asm__ volatile("dsb\n\tisb" ::: "memory");
}

__attribute__((used)) static void start(void) {
  memcpy(__data_start, __data_source, (size_t)(__data_end - __data_start));
  memset(__bss_start, 0, (size_t)(__bss_end - __bss_start));
  for (uint32_t *at = __task_stack_start; at < (uint32_t *)__builtin_frame_address(0) - 16; at++)
    *at = STACK_PAINT;
  for (uint32_t *at = __irq_stack_start; at < __irq_stack_end; at++)
    *at = STACK_PAINT;
  guard_stack();
  board_init();
  if (pktsock_start_board != NULL && pktsock_start_board() != 0) {
    put_text("pktsock did not start\n");
    board_exit(1);
  }
  board_exit(main());
}

void reset(void);

__attribute__((naked)) void reset(void) {
  __asm__ volatile("ldr r0, =__task_stack_end\n\t"
                   "msr psp, r0\n\t"
                   "movs r0, #2\n\t" /* CONTROL.SPSEL */
                   "msr control, r0\n\t"
                   "isb\n\t"
                   "bl start");
}

__attribute__((used)) static void report_fault(const uint32_t *frame, uint32_t number) {
  put_hex("\nfault ", number);
  put_hex(" CFSR ", CFSR);
  put_hex(" HFSR ", HFSR);
  put_hex(" MMFAR ", MMFAR);
  put_hex(" BFAR ", BFAR);
  if (CFSR & CFSR_STKERR || (CFSR & CFSR_MMARVALID && (uint32_t)__task_stack_start - MMFAR <= GUARD_BYTES)) {
    put_text("\nstack overflow\n"); /* there may be no frame */
  } else {
    put_hex("\npc ", frame[6]);
    put_hex(" lr ", frame[5]);
    put_hex(" sp ", (uint32_t)frame);
    put_text("\n");
  }
  board_exit(1);
}

__attribute__((naked)) static void fault(void) {
  __asm__ volatile("tst lr, #4\n\t"
                   "ite eq\n\t"
                   "mrseq r0, msp\n\t"
                   "mrsne r0, psp\n\t"
                   "mrs r1, ipsr\n\t"
                   "bl report_fault");
}

void family_unexpected_interrupt(void) {
  uint32_t number;
  __asm__ volatile("mrs %0, ipsr" : "=r"(number));
  put_hex("\nunexpected interrupt ", number - 16);
  put_text("\n");
  board_exit(1);
}

__attribute__((section(".vectors"), used)) static void *const system_vectors[16] = {
    [0] = __irq_stack_end,
    [1] = reset,
    [2] = fault,  /* NMI */
    [3] = fault,  /* HardFault */
    [4] = fault,  /* MemManage */
    [5] = fault,  /* BusFault */
    [6] = fault,  /* UsageFault */
    [11] = fault, /* SVCall */
    [12] = fault, /* DebugMonitor */
    [14] = fault, /* PendSV */
    [15] = family_clock_interrupt,
};

static uint32_t stack_used(const uint32_t *start, const uint32_t *end) {
  while (start < end && *start == STACK_PAINT)
    start++;
  return (uint32_t)(end - start) * sizeof(*start);
}

void arch_memory_marks(struct arch_memory_marks *marks) {
  marks->stack = stack_used(__task_stack_start, __task_stack_end) + stack_used(__irq_stack_start, __irq_stack_end);
  marks->heap = (uint32_t)((uint8_t *)sbrk(0) - __heap_start);
}

/* The address of the libc's errno and other thread-local variables; there is one thread. Preserves r1 to r3, as the ABI
 * requires. */
__attribute__((naked, used, weak)) void *__aeabi_read_tp(void) {
  __asm__ volatile("ldr r0, =__tls_base\n\t"
                   "ldr ip, =__arm32_tls_tcb_offset\n\t"
                   "subs r0, r0, ip\n\t"
                   "bx lr");
}
