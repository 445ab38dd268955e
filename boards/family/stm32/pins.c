#include "stm32.h"

#ifdef STM32_H7
#include "stm32h7.h"
#define GPIO_BASE 0x58020000u
#define RCC_GPIO_ENR RCC_AHB4ENR
#else
#include "stm32f4.h"
#define GPIO_BASE 0x40020000u
#define RCC_GPIO_ENR RCC_AHB1ENR
#endif

struct gpio {
  volatile uint32_t MODER, OTYPER, OSPEEDR, PUPDR, IDR, ODR, BSRR, LCKR, AFR[2];
};

#define MODER_ALTERNATE 2u
#define OSPEEDR_VERY_HIGH 3u

/* Write `value` to field number `index` of a register whose fields have `bits` bits. */
static void set_field(volatile uint32_t *reg, unsigned bits, unsigned index, uint32_t value) {
  uint32_t mask = ((1u << bits) - 1) << bits * index;
  *reg = (*reg & ~mask) | value << bits * index;
}

void stm32_set_pins(const struct stm32_pin *pins, size_t count) {
  for (size_t i = 0; i < count; i++) {
    unsigned port = (unsigned)(pins[i].port - 'A'), number = pins[i].number;
    struct gpio *gpio = (struct gpio *)(GPIO_BASE + 0x400u * port);
    RCC_GPIO_ENR |= 1u << port;
    (void)RCC_GPIO_ENR; /* the peripheral clock starts after some cycles */
    set_field(&gpio->OSPEEDR, 2, number, OSPEEDR_VERY_HIGH);
    set_field(&gpio->AFR[number / 8], 4, number % 8, pins[i].function);
    set_field(&gpio->MODER, 2, number, MODER_ALTERNATE);
  }
}
