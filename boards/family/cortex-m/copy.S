/* memcpy, memmove and memset in place of the libc's, with as few instructions as possible on a Cortex-M3. Blocks of 32
 * bytes are copied through eight registers. The destination is first aligned to a word, because stm requires it; a single
 * ldr can read from any address. A branch costs less than predicated instructions that do nothing. */
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

/* Load eight words from any address in \base, and advance it. */
  .macro load8 base
  ldr r3, [\base], #4
  ldr r4, [\base], #4
  ldr r5, [\base], #4
  ldr r6, [\base], #4
  ldr r7, [\base], #4
  ldr r8, [\base], #4
  ldr r9, [\base], #4
  ldr r10, [\base], #4
  .endm

/* void *memmove(void *to, const void *from, size_t count): upwards unless the destination begins inside the source. */
  function memmove
  subs r3, r0, r1
  cmp r3, r2
  blo copy_down

/* void *memcpy(void *to, const void *from, size_t count) */
  .global memcpy
  .type memcpy, %function
  .thumb_func
memcpy:
  mov ip, r0
  cmp r2, #8
  blo 8f
  ands r3, r0, #3 /* to a word boundary */
  beq 1f
  rsb r3, r3, #4
  subs r2, r2, r3
  lsls r3, r3, #31
  itt mi /* N: a byte, C: a half-word */
  ldrbmi r3, [r1], #1
  strbmi r3, [ip], #1
  bcc 1f
  ldrh r3, [r1], #2
  strh r3, [ip], #2
1:
  subs r2, r2, #32
  blo 5f
  push {r4-r10}
  tst r1, #3
  bne 4f

  subs r2, r2, #32 /* both on word boundaries */
  blo 3f
2:
  ldm r1!, {r3-r10}
  stm ip!, {r3-r10}
  ldm r1!, {r3-r10}
  stm ip!, {r3-r10}
  subs r2, r2, #64
  bhs 2b
3:
  adds r2, r2, #32
  bmi 7f
  ldm r1!, {r3-r10}
  stm ip!, {r3-r10}
  subs r2, r2, #32
  b 7f

4: /* the source is not */
  subs r2, r2, #32
  blo 4f
3:
  load8 r1
  stm ip!, {r3-r10}
  load8 r1
  stm ip!, {r3-r10}
  subs r2, r2, #64
  bhs 3b
4:
  adds r2, r2, #32
  bmi 7f
  load8 r1
  stm ip!, {r3-r10}
  subs r2, r2, #32
7:
  pop {r4-r10}
5:
  lsls r3, r2, #28 /* what is left, 0 to 31 bytes; C: 16, N: 8 */
  bcc 6f
  ldr r3, [r1], #4
  str r3, [ip], #4
  ldr r3, [r1], #4
  str r3, [ip], #4
  ldr r3, [r1], #4
  str r3, [ip], #4
  ldr r3, [r1], #4
  str r3, [ip], #4
6:
  lsls r3, r2, #29 /* C: 8, N: 4 */
  bcc 6f
  ldr r3, [r1], #4
  str r3, [ip], #4
  ldr r3, [r1], #4
  str r3, [ip], #4
6:
8:
  lsls r3, r2, #30 /* C: 4; zero when no bytes are left behind them */
  bcc 8f
  ldr r3, [r1], #4
  str r3, [ip], #4
8:
  beq 8f
  lsls r3, r2, #31 /* C: 2, N: 1 */
  bcc 9f
  ldrh r3, [r1], #2
  strh r3, [ip], #2
9:
  bpl 8f
  ldrb r3, [r1]
  strb r3, [ip]
8:
  bx lr

/* Downwards from the ends. */
copy_down:
  adds r1, r1, r2
  adds ip, r0, r2
1:
  cmp r2, #4 /* bytes, until the destination's end is on a word boundary */
  blo 4f
  tst ip, #3
  beq 2f
  ldrb r3, [r1, #-1]!
  strb r3, [ip, #-1]!
  subs r2, r2, #1
  b 1b
2:
  subs r2, r2, #16
  blo 3f
  push {r4-r6}
2:
  ldr r6, [r1, #-4]!
  ldr r5, [r1, #-4]!
  ldr r4, [r1, #-4]!
  ldr r3, [r1, #-4]!
  stmdb ip!, {r3-r6}
  subs r2, r2, #16
  bhs 2b
  pop {r4-r6}
3:
  adds r2, r2, #16
4:
  cbz r2, 5f
4:
  ldrb r3, [r1, #-1]!
  strb r3, [ip, #-1]!
  subs r2, r2, #1
  bne 4b
5:
  bx lr

/* void *memset(void *to, int byte, size_t count): mostly zeros, and few of them. */
  function memset
  mov ip, r0
  ands r1, r1, #255
  beq 1f
  orr r1, r1, r1, lsl #8
  orr r1, r1, r1, lsl #16
1:
  cmp r2, #4 /* bytes, until the destination is on a word boundary */
  blo 4f
  tst ip, #3
  beq 2f
  strb r1, [ip], #1
  subs r2, r2, #1
  b 1b
2:
  subs r2, r2, #32
  blo 3f
2:
  strd r1, r1, [ip], #8
  strd r1, r1, [ip], #8
  strd r1, r1, [ip], #8
  strd r1, r1, [ip], #8
  subs r2, r2, #32
  bhs 2b
3:
  lsls r3, r2, #28 /* what is left, 0 to 31 bytes; C: 16, N: 8 */
  bcc 3f
  strd r1, r1, [ip], #8
  strd r1, r1, [ip], #8
3:
  bpl 4f
  strd r1, r1, [ip], #8
4:
  lsls r3, r2, #30 /* C: 4; zero when no bytes are left behind them */
  bcc 4f
  str r1, [ip], #4
4:
  beq 6f
  lsls r3, r2, #31 /* C: 2, N: 1 */
  bcc 5f
  strh r1, [ip], #2
5:
  bpl 6f
  strb r1, [ip]
6:
  bx lr
