/* fifo.h for Cortex-M. Per word: 1.25 instructions through one register, 0.4 through eight. */
  .syntax unified
  .thumb

  .macro function name
  .section .text.\name, "ax", %progbits
  .balign 4
  .global \name
  .type \name, %function
  .thumb_func
\name:
  .endm

  .macro read_fifo8
  ldr r3, [r0]
  ldr r4, [r0]
  ldr r5, [r0]
  ldr r6, [r0]
  ldr r7, [r0]
  ldr r8, [r0]
  ldr r9, [r0]
  ldr r10, [r0]
  .endm

  .macro write_fifo8
  str r3, [r0]
  str r4, [r0]
  str r5, [r0]
  str r6, [r0]
  str r7, [r0]
  str r8, [r0]
  str r9, [r0]
  str r10, [r0]
  .endm

  function mac_fifo_read
  push {r4-r10}
  subs r2, r2, #16
  blo 2f
1:
  read_fifo8
  stm r1!, {r3-r10}
  read_fifo8
  stm r1!, {r3-r10}
  subs r2, r2, #16
  bhs 1b
2:
  lsls r3, r2, #29 /* what is left, 0 to 15 words; C: 8, N: 4 */
  bcc 3f
  read_fifo8
  stm r1!, {r3-r10}
  lsls r3, r2, #29
3:
  bpl 4f
  ldr r3, [r0]
  ldr r4, [r0]
  ldr r5, [r0]
  ldr r6, [r0]
  stm r1!, {r3-r6}
4:
  lsls r3, r2, #31 /* C: 2, N: 1 */
  bcc 5f
  ldr r3, [r0]
  ldr r4, [r0]
  stm r1!, {r3-r4}
  lsls r3, r2, #31
5:
  itt mi
  ldrmi r3, [r0]
  strmi r3, [r1]
  pop {r4-r10}
  bx lr

  function mac_fifo_write
  tst r1, #3
  bne write_unaligned
  push {r4-r10}
  subs r2, r2, #16
  blo 2f
1:
  ldm r1!, {r3-r10}
  write_fifo8
  ldm r1!, {r3-r10}
  write_fifo8
  subs r2, r2, #16
  bhs 1b
2:
  lsls r3, r2, #29
  bcc 3f
  ldm r1!, {r3-r10}
  write_fifo8
  lsls r3, r2, #29
3:
  bpl 4f
  ldm r1!, {r3-r6}
  str r3, [r0]
  str r4, [r0]
  str r5, [r0]
  str r6, [r0]
4:
  lsls r3, r2, #31
  bcc 5f
  ldm r1!, {r3-r4}
  str r3, [r0]
  str r4, [r0]
  lsls r3, r2, #31
5:
  itt mi
  ldrmi r3, [r1]
  strmi r3, [r0]
  pop {r4-r10}
  bx lr

write_unaligned:
  subs r2, r2, #4
  blo 2f
1:
  ldr r3, [r1], #4
  str r3, [r0]
  ldr r3, [r1], #4
  str r3, [r0]
  ldr r3, [r1], #4
  str r3, [r0]
  ldr r3, [r1], #4
  str r3, [r0]
  subs r2, r2, #4
  bhs 1b
2:
  adds r2, r2, #4
  beq 4f
3:
  ldr r3, [r1], #4
  str r3, [r0]
  subs r2, r2, #1
  bne 3b
4:
  bx lr

  function mac_fifo_read8
  push {r4-r10}
  subs r2, r2, #16
  blo 2f
1:
  ldm r0, {r3-r10}
  stm r1!, {r3-r10}
  ldm r0, {r3-r10}
  stm r1!, {r3-r10}
  subs r2, r2, #16
  bhs 1b
2:
  lsls r3, r2, #29
  bcc 3f
  ldm r0, {r3-r10}
  stm r1!, {r3-r10}
  lsls r3, r2, #29
3:
  bpl 4f
  ldm r0, {r3-r6}
  stm r1!, {r3-r6}
4:
  lsls r3, r2, #31
  bcc 5f
  ldm r0, {r3-r4}
  stm r1!, {r3-r4}
  lsls r3, r2, #31
5:
  itt mi
  ldrmi r3, [r0]
  strmi r3, [r1]
  pop {r4-r10}
  bx lr

  function mac_fifo_write8
  push {r4-r10}
  subs r2, r2, #16
  blo 2f
1:
  ldm r1!, {r3-r10}
  stm r0, {r3-r10}
  ldm r1!, {r3-r10}
  stm r0, {r3-r10}
  subs r2, r2, #16
  bhs 1b
2:
  lsls r3, r2, #29
  bcc 3f
  ldm r1!, {r3-r10}
  stm r0, {r3-r10}
  lsls r3, r2, #29
3:
  bpl 4f
  ldm r1!, {r3-r6}
  stm r0, {r3-r6}
4:
  lsls r3, r2, #31
  bcc 5f
  ldm r1!, {r3-r4}
  stm r0, {r3-r4}
  lsls r3, r2, #31
5:
  itt mi
  ldrmi r3, [r1]
  strmi r3, [r0]
  pop {r4-r10}
  bx lr

  function mac_fifo_discard
  cbz r1, 2f
1:
  ldr r3, [r0]
  subs r1, r1, #1
  bne 1b
2:
  bx lr
