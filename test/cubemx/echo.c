/* The echo of the STM32 tests, started with the memory that boards/mac/cubemx.c has. */
#include "../stm32/echo.c"
