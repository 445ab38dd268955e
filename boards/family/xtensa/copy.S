/* memcpy, memmove and memset in place of the libc's. They copy words, even if source and destination are aligned
 * differently (src joins two words). lx106 cannot load or store a word at an odd address. */
  .macro function name
  .section .text.\name, "ax"
  .align 4
  .global \name
  .type \name, @function
\name:
  .endm

/* void *memmove(void *to, const void *from, size_t count): upwards unless the destination begins inside the source. */
  function memmove
  sub a5, a2, a3
  bltu a5, a4, copy_down
  j memcpy
  .align 4 /* call0 reaches multiples of 4 only */

/* void *memcpy(void *to, const void *from, size_t count) */
  .global memcpy
  .type memcpy, @function
memcpy:
  mov a5, a2
  bltui a4, 8, .Lbytes
  bbci a5, 0, 1f /* the destination to a word boundary */
  l8ui a6, a3, 0
  addi a3, a3, 1
  addi a4, a4, -1
  s8i a6, a5, 0
  addi a5, a5, 1
1:
  bbci a5, 1, 2f
  l8ui a6, a3, 0
  l8ui a7, a3, 1
  addi a3, a3, 2
  addi a4, a4, -2
  s8i a6, a5, 0
  s8i a7, a5, 1
  addi a5, a5, 2
2:
  extui a6, a3, 0, 2
  bnez a6, .Lshifted

  srli a7, a4, 4 /* blocks of 16 bytes */
  beqz a7, 4f
3:
  l32i a8, a3, 0
  l32i a9, a3, 4
  l32i a10, a3, 8
  l32i a11, a3, 12
  s32i a8, a5, 0
  s32i a9, a5, 4
  s32i a10, a5, 8
  s32i a11, a5, 12
  addi a3, a3, 16
  addi a5, a5, 16
  addi a7, a7, -1
  bnez a7, 3b
4:
  extui a7, a4, 2, 2
  beqz a7, 6f
5:
  l32i a8, a3, 0
  addi a3, a3, 4
  s32i a8, a5, 0
  addi a5, a5, 4
  addi a7, a7, -1
  bnez a7, 5b
6:
  extui a4, a4, 0, 2

.Lbytes:
  beqz a4, 2f
1:
  l8ui a6, a3, 0
  addi a3, a3, 1
  addi a4, a4, -1
  s8i a6, a5, 0
  addi a5, a5, 1
  bnez a4, 1b
2:
  ret

/* The source is a6 bytes after a word boundary. Only words that hold bytes of the source are read. */
.Lshifted:
  ssa8l a3
  sub a3, a3, a6
  l32i a8, a3, 0
  srli a7, a4, 4
  beqz a7, 2f
1:
  l32i a9, a3, 4
  l32i a10, a3, 8
  src a8, a9, a8
  l32i a11, a3, 12
  s32i a8, a5, 0
  src a9, a10, a9
  l32i a8, a3, 16
  s32i a9, a5, 4
  src a10, a11, a10
  s32i a10, a5, 8
  src a11, a8, a11
  s32i a11, a5, 12
  addi a3, a3, 16
  addi a5, a5, 16
  addi a7, a7, -1
  bnez a7, 1b
2:
  extui a7, a4, 2, 2
  beqz a7, 4f
3:
  l32i a9, a3, 4
  addi a3, a3, 4
  src a8, a9, a8
  s32i a8, a5, 0
  addi a5, a5, 4
  mov a8, a9
  addi a7, a7, -1
  bnez a7, 3b
4:
  add a3, a3, a6
  extui a4, a4, 0, 2
  j .Lbytes

/* Downwards from the ends; by words when source and destination are aligned alike. */
copy_down:
  add a3, a3, a4
  add a6, a2, a4
  xor a5, a3, a6
  extui a5, a5, 0, 2
  bnez a5, 3f
1:
  extui a7, a6, 0, 2
  beqz a7, 2f
  beqz a4, 4f
  addi a3, a3, -1
  addi a6, a6, -1
  l8ui a7, a3, 0
  addi a4, a4, -1
  s8i a7, a6, 0
  j 1b
2:
  bltui a4, 4, 3f
  addi a3, a3, -4
  addi a6, a6, -4
  l32i a7, a3, 0
  addi a4, a4, -4
  s32i a7, a6, 0
  j 2b
3:
  beqz a4, 4f
  addi a3, a3, -1
  addi a6, a6, -1
  l8ui a7, a3, 0
  addi a4, a4, -1
  s8i a7, a6, 0
  j 3b
4:
  ret

/* void *memset(void *to, int byte, size_t count) */
  function memset
  mov a5, a2
  extui a3, a3, 0, 8
  slli a6, a3, 8
  or a3, a3, a6
  slli a6, a3, 16
  or a3, a3, a6
1:
  bltui a4, 4, 4f /* bytes, until the destination is on a word boundary */
  extui a6, a5, 0, 2
  beqz a6, 2f
  s8i a3, a5, 0
  addi a5, a5, 1
  addi a4, a4, -1
  j 1b
2:
  srli a7, a4, 4
  beqz a7, 3f
2:
  s32i a3, a5, 0
  s32i a3, a5, 4
  s32i a3, a5, 8
  s32i a3, a5, 12
  addi a5, a5, 16
  addi a7, a7, -1
  bnez a7, 2b
  extui a4, a4, 0, 4
3:
  bltui a4, 4, 4f
  s32i a3, a5, 0
  addi a5, a5, 4
  addi a4, a4, -4
  j 3b
4:
  beqz a4, 5f
  s8i a3, a5, 0
  addi a5, a5, 1
  addi a4, a4, -1
  j 4b
5:
  ret
