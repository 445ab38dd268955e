/* uint32_t esp32_rom_call(function, a, b, c, d): call0 code calls a function with the windowed ABI.
 *
 * call8 rotates the register window by 8: a10 to a13 become the callee's arguments. This code runs in the first of 8
 * windows, so no window exception can occur while calls nest less than 7 deep. Interrupts are masked, because their vectors
 * support only one window. */
#define PS_WINDOWED_MASKED 0x4000f /* WOE, INTLEVEL 15 */
#define CALLX8_A2 .byte 0xe0, 2, 0 /* lx106 has no windows, its assembler does not know the instruction */

  .section .text.esp32_rom_call, "ax"
  .literal_position
  .align 4
  .global esp32_rom_call
  .type esp32_rom_call, @function
esp32_rom_call:
  addi a1, a1, -32
  s32i a0, a1, 0
  s32i a12, a1, 4
  s32i a13, a1, 8
  s32i a14, a1, 12
  s32i a15, a1, 16
  rsil a7, 15
  movi a8, PS_WINDOWED_MASKED
  wsr.ps a8
  rsync
  mov a10, a3
  mov a11, a4
  mov a12, a5
  mov a13, a6
  CALLX8_A2
  mov a2, a10
  wsr.ps a7
  rsync
  l32i a0, a1, 0
  l32i a12, a1, 4
  l32i a13, a1, 8
  l32i a14, a1, 12
  l32i a15, a1, 16
  addi a1, a1, 32
  ret
