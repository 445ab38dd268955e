/* A stand-in that believes every signature, so that random changes reach all of boards/verify/signed.c. */
#include <pktsock/signed.h>

bool pktsock_ed25519_verify(const uint8_t key[32], const uint8_t signature[64], const uint8_t *head, size_t head_size,
                            const uint8_t *body, size_t body_size) {
  volatile uint8_t read = (uint8_t)(key[0] ^ signature[63]);
  for (size_t i = 0; i < head_size; i++)
    read = read ^ head[i];
  for (size_t i = 0; i < body_size; i++)
    read = read ^ body[i];
  return true;
}
