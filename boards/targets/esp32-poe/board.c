/* ESP32-POE: ESP32 module, LAN8710A PHY, which GPIO12 switches on. The chip supplies its 50 MHz at GPIO17. */
#include "esp32.h"

const struct esp32_ethernet esp32_ethernet = {
    .clock = ESP32_CLOCK_OUT_GPIO17, .phy_address = 0, .mdc = 23, .mdio = 18, .enable = 12, .start_ms = 100};
