/* The entry point, the exception vectors, and the transition to their C code and back.
 *
 * The assembler for lx106 does not know the instructions that only the LX6 has, so they are written as bytes. Interrupts
 * run on their own stack with PS.EXCM set: no interrupt preempts another, and a fault in a handler goes to the double
 * exception vector. */
#define PS_MASKED 15 /* INTLEVEL 15: no interrupt; EXCM 0, UM 0, WOE 0 */

/* A debug exception has level 2 on lx106 and level 6 on the LX6. */
#ifdef XTENSA_LX6
#define READ_DEBUG_EPC_A2 .byte 2 << 4, 182, 0x03
#else
#define READ_DEBUG_EPC_A2 rsr.epc2 a2
#endif

/* Frame on the interrupt stack: a0, a2 to a11, SAR; call0 functions keep a12 to a15. */
#define FRAME 48
#define FRAME_SAR 44

  .section .vector.kernel, "ax"
  wsr.excsave1 a1
  j enter

  .section .vector.user, "ax"
  wsr.excsave1 a1
  j enter

  .section .vector.double, "ax"
  j enter_double

  .section .vector.debug, "ax"
  j enter_debug

  .section .text.reset, "ax"
  .literal_position
  .global reset
reset:
  movi a2, PS_MASKED
  wsr.ps a2
  rsync
#ifdef XTENSA_LX6
/* The boot ROM uses the windowed ABI: return to the first window, and end any hardware loop. */
#define WSR_A2(number) .byte 2 << 4, number, 0x13
#define LCOUNT 2
#define WINDOWBASE 72
#define WINDOWSTART 73
  movi a2, 0
  WSR_A2(WINDOWBASE)
  rsync
  movi a2, 1
  WSR_A2(WINDOWSTART)
  rsync
  movi a2, 0
  WSR_A2(LCOUNT)
#endif
  movi a2, 0
  wsr.intenable a2
  movi a2, __vector_base
  wsr.vecbase a2
  rsync
  movi a1, __task_stack_end
  movi a2, start
  callx0 a2

  .section .text.enter, "ax"
  .literal_position
enter:
  movi a1, __irq_stack_end - FRAME
  s32i a0, a1, 0
  s32i a2, a1, 4
  s32i a3, a1, 8
  s32i a4, a1, 12
  s32i a5, a1, 16
  s32i a6, a1, 20
  s32i a7, a1, 24
  s32i a8, a1, 28
  s32i a9, a1, 32
  s32i a10, a1, 36
  s32i a11, a1, 40
  rsr.sar a2
  s32i a2, a1, FRAME_SAR
  mov a2, a1
  rsr.excsave1 a3
  movi a4, family_exception
  callx0 a4
  l32i a2, a1, FRAME_SAR
  wsr.sar a2
  l32i a0, a1, 0
  l32i a2, a1, 4
  l32i a3, a1, 8
  l32i a4, a1, 12
  l32i a5, a1, 16
  l32i a6, a1, 20
  l32i a7, a1, 24
  l32i a8, a1, 28
  l32i a9, a1, 32
  l32i a10, a1, 36
  l32i a11, a1, 40
  rsr.excsave1 a1
  rfe

/* These do not return. */
enter_double:
  movi a1, __irq_stack_end
  movi a4, family_double_exception
  callx0 a4

enter_debug:
  mov a3, a0
  mov a4, a1
  READ_DEBUG_EPC_A2
  movi a1, __irq_stack_end
  movi a5, family_debug_exception
  callx0 a5
