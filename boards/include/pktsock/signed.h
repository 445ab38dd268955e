/* Signed modules: config.verify of pktsock_start() for the files that `pktsock sign` writes (docs/signing.md). They are
 * COSE_Sign1 messages (RFC 9052) with Ed25519 (RFC 8032). The file boards/verify/signed.c reads them; the firmware
 * gives the key and the arithmetic of the curve.
 *
 * Context: any task.
 * Source: RFC 9052, RFC 8032. */
#ifndef PKTSOCK_SIGNED_H
#define PKTSOCK_SIGNED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pktsock_module;

/* Check a signed file: `size` bytes at `file`, from anywhere. It does not lock, and its time is that of
 * pktsock_ed25519_verify().
 *
 * Returns: NULL, and in `*module` the module, which lies in the file, and the version that was signed; or a sentence
 * that says why the file is refused, and leaves `*module` alone.
 * Errors: none. */
const char *pktsock_verify_signed(const uint8_t *file, size_t size, struct pktsock_module *module);

/* Given by the firmware: the public key (RFC 8032, section 5.1.5) that verifies modules. */
extern const uint8_t pktsock_swap_key[32];

/* Check a signature: the Ed25519 signature (pure, without a context) over the `head_size` bytes at `head` followed by
 * the `body_size` bytes at `body`. The firmware provides this function. `head` is at most 96 bytes long; `body` is the
 * module. Called with a signature whose second half is less than the order of the group, so that each message has one
 * valid signature only.
 *
 * Returns: true if it is.
 * Errors: none. */
bool pktsock_ed25519_verify(const uint8_t key[32], const uint8_t signature[64], const uint8_t *head, size_t head_size,
                            const uint8_t *body, size_t body_size);

#ifdef __cplusplus
}
#endif

#endif
