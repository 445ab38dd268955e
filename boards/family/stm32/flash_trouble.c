/* What the errors of the slots' flash mean. */
#include "board.h"
#include "flash.h"

const char *board_flash_trouble(int error) {
  switch (error) {
  case STM32_FLASH_OUTSIDE: return "not in a slot";
  case STM32_FLASH_LOCKED: return "the flash does not unlock before the next reset";
  case STM32_FLASH_BUSY: return "the flash stays busy";
  case STM32_FLASH_PROTECTED: return "the option bytes protect the slot's sector";
  case STM32_FLASH_FAILED: return "the flash reports an error";
  case STM32_FLASH_BANKS: return "the option bytes divide the flash into two banks; the slots are made for one";
  case PKTSOCK_SLOTS_TOO_LARGE: return "the file is larger than a slot";
  default: return "the flash has not kept what was written";
  }
}
