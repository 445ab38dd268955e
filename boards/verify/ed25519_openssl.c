/* pktsock_ed25519_verify() with OpenSSL's libcrypto, for BOARD=linux. It takes the message in one piece. */
#include <pktsock/signed.h>

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

bool pktsock_ed25519_verify(const uint8_t key[32], const uint8_t signature[64], const uint8_t *head, size_t head_size,
                            const uint8_t *body, size_t body_size) {
  uint8_t *message = malloc(head_size + body_size);
  EVP_PKEY *public = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, 32);
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  bool valid = false;
  if (message != NULL && public != NULL && context != NULL) {
    memcpy(message, head, head_size);
    memcpy(message + head_size, body, body_size);
    valid = EVP_DigestVerifyInit(context, NULL, NULL, NULL, public) == 1 &&
            EVP_DigestVerify(context, signature, 64, message, head_size + body_size) == 1;
  }
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(public);
  free(message);
  return valid;
}
