/* The processor's own registers, by the names of the ARMv7-M Architecture Reference Manual. */
#ifndef REGISTERS_H
#define REGISTERS_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))

#define SYST_CSR REGISTER(0xe000e010)
#define SYST_CSR_ENABLE 1u
#define SYST_CSR_TICKINT 2u
#define SYST_CSR_CLKSOURCE 4u
#define SYST_RVR REGISTER(0xe000e014)
#define SYST_CVR REGISTER(0xe000e018)

#define NVIC_ISER(n) REGISTER(0xe000e100 + 4 * (n))
#define NVIC_ICER(n) REGISTER(0xe000e180 + 4 * (n))

#define ICSR REGISTER(0xe000ed04)
#define ICSR_PENDSTSET (1u << 26)
#define ICSR_PENDSTCLR (1u << 25)
#define CFSR REGISTER(0xe000ed28)
#define CFSR_STKERR (1u << 12 | 1u << 4) /* bus fault or memory fault while stacking for an exception */
#define CFSR_MMARVALID (1u << 7)
#define HFSR REGISTER(0xe000ed2c)
#define MMFAR REGISTER(0xe000ed34)
#define BFAR REGISTER(0xe000ed38)

#define MPU_TYPE REGISTER(0xe000ed90)
#define MPU_TYPE_DREGION(type) ((type) >> 8 & 0xff)
#define MPU_CTRL REGISTER(0xe000ed94)
#define MPU_CTRL_ENABLE 1u
#define MPU_CTRL_PRIVDEFENA 4u
#define MPU_RNR REGISTER(0xe000ed98)
#define MPU_RBAR REGISTER(0xe000ed9c)
#define MPU_RASR REGISTER(0xe000eda0)
#define MPU_RASR_NO_ACCESS_4K (1u << 28 | 11u << 1 | 1u) /* 4 KB without access */

#endif
