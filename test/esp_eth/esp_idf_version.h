/* esp_eth.h says what this is. */
#ifndef STAND_IN_ESP_IDF_VERSION_H
#define STAND_IN_ESP_IDF_VERSION_H

#define ESP_IDF_VERSION_VAL(major, minor, patch) ((major) << 16 | (minor) << 8 | (patch))
#ifndef ESP_IDF_VERSION
#define ESP_IDF_VERSION ESP_IDF_VERSION_VAL(6, 0, 0)
#endif

#endif
