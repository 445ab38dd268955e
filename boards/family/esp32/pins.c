/* Pads: IO_MUX and GPIO matrix. */
#include "esp32.h"

#define IO_MUX_BASE 0x3ff49000u
#define IO_MUX_FUN_IE (1u << 9)
#define IO_MUX_FUN_DRV_20MA (2u << 10)
#define IO_MUX_MCU_SEL(function) ((function) << 12)
#define FUNCTION_GPIO 2

#define GPIO_OUT_W1TS ESP32_REGISTER(0x3ff44008)
#define GPIO_ENABLE_W1TS ESP32_REGISTER(0x3ff44024)
#define GPIO_FUNC_IN_SEL_CFG(signal) ESP32_REGISTER(0x3ff44130 + 4 * (signal))
#define GPIO_SIG_IN_SEL (1u << 7) /* through the matrix */
#define GPIO_FUNC_OUT_SEL_CFG(gpio) ESP32_REGISTER(0x3ff44530 + 4 * (gpio))
#define GPIO_SIMPLE_OUTPUT 256u

/* The IO_MUX register of each GPIO, by its distance from IO_MUX_BASE. */
static const uint8_t io_mux[] = {
    0x44, 0x88, 0x40, 0x84, 0x48, 0x6c, 0x60, 0x64, 0x68, 0x54, 0x58, 0x5c, 0x34, 0x38,
    0x30, 0x3c, 0x4c, 0x50, 0x70, 0x74, 0x78, 0x7c, 0x80, 0x8c, 0x90, 0x24, 0x28, 0x2c,
};

void esp32_pad_function(unsigned gpio, unsigned function, enum esp32_direction direction) {
  ESP32_REGISTER(IO_MUX_BASE + io_mux[gpio]) =
      IO_MUX_MCU_SEL(function) | (direction == ESP32_INPUT ? IO_MUX_FUN_IE : IO_MUX_FUN_DRV_20MA);
}

void esp32_pad_signals(unsigned gpio, int out_signal, int in_signal) {
  if (in_signal >= 0)
    GPIO_FUNC_IN_SEL_CFG(in_signal) = GPIO_SIG_IN_SEL | gpio;
  if (out_signal >= 0) {
    GPIO_FUNC_OUT_SEL_CFG(gpio) = (uint32_t)out_signal;
    GPIO_ENABLE_W1TS = 1u << gpio;
  }
  ESP32_REGISTER(IO_MUX_BASE + io_mux[gpio]) =
      IO_MUX_MCU_SEL(FUNCTION_GPIO) | IO_MUX_FUN_DRV_20MA | (in_signal >= 0 ? IO_MUX_FUN_IE : 0);
}

void esp32_pad_high(unsigned gpio) {
  GPIO_OUT_W1TS = 1u << gpio;
  esp32_pad_signals(gpio, GPIO_SIMPLE_OUTPUT, -1);
}
