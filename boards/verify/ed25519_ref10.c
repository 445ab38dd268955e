/* pktsock_ed25519_verify() with the reference implementation of Ed25519 in C (ref10), for the boards: ED25519_DIR has the files
 * of https://github.com/orlp/ed25519, which the npm package ed25519-supercop carries. It needs 3.6 KB of stack and no heap. */
#include <pktsock/signed.h>

#include <fe.c>
#include <ge.c>
#include <sha512.c>
/* Both files have functions of these names. */
#define load_3 sc_load_3
#define load_4 sc_load_4
#include <sc.c>

#include <string.h>

bool pktsock_ed25519_verify(const uint8_t key[32], const uint8_t signature[64], const uint8_t *head, size_t head_size,
                            const uint8_t *body, size_t body_size) {
  sha512_context hash;
  uint8_t k[64], r[32];
  ge_p3 minus_a;
  ge_p2 point;
  if (ge_frombytes_negate_vartime(&minus_a, key) != 0)
    return false;
  sha512_init(&hash);
  sha512_update(&hash, signature, 32);
  sha512_update(&hash, key, 32);
  sha512_update(&hash, head, head_size);
  sha512_update(&hash, body, body_size);
  sha512_final(&hash, k);
  sc_reduce(k);
  ge_double_scalarmult_vartime(&point, k, &minus_a, signature + 32);
  ge_tobytes(r, &point);
  return memcmp(r, signature, sizeof(r)) == 0; /* nothing here is secret */
}
