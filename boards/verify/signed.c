/* Reads a signed module. There is one form (docs/signing.md): everything that has another is refused, before the signature is
 * looked at. CBOR (RFC 8949) is read strictly: definite lengths, and each number in its shortest form. */
#include <pktsock/pktsock.h>
#include <pktsock/signed.h>

#include <string.h>

enum {
  CBOR_UNSIGNED = 0,
  CBOR_NEGATIVE = 1,
  CBOR_BYTES = 2,
  CBOR_TEXT = 3,
  CBOR_ARRAY = 4,
  CBOR_MAP = 5,
  CBOR_TAG = 6
};

#define TAG_SIGN1 18
#define HEADER_ALGORITHM 1
#define HEADER_CONTENT_TYPE 3
#define HEADER_KEY_ID 4
#define HEADER_VERSION 65536u /* as CBOR's negative number n is written: -1 - n */
#define ALGORITHM_EDDSA 7     /* the same */
#define KEY_ID_BYTES 8
#define SIGNATURE_BYTES 64

static const char content_type[] = "application/wasm";
static const char truncated[] = "the signed module is truncated";
static const char malformed[] = "the file is not a signed module";

/* What is left of the file. The first fault stays. */
struct reader {
  const uint8_t *at;
  size_t left;
  const char *fault;
};

static const uint8_t *take(struct reader *r, size_t size) {
  if (r->fault != NULL)
    return NULL;
  if (size > r->left) {
    r->fault = truncated;
    return NULL;
  }
  const uint8_t *bytes = r->at;
  r->at += size;
  r->left -= size;
  return bytes;
}

/* The number in the head of a data item, which must be of this major type; 0 after a fault. */
static uint32_t take_head(struct reader *r, unsigned major) {
  const uint8_t *first = take(r, 1);
  if (first == NULL)
    return 0;
  uint32_t value = *first & 0x1f;
  if (*first >> 5 == major && value < 24)
    return value;
  if (*first >> 5 == major && value <= 26) { /* 24 to 26: 1, 2 or 4 bytes follow */
    unsigned size = 1u << (value - 24);
    const uint8_t *bytes = take(r, size);
    if (bytes == NULL)
      return 0;
    value = 0;
    for (unsigned i = 0; i < size; i++)
      value = value << 8 | bytes[i];
    if (value >= (size == 1 ? 24u : 1u << (4 * size)))
      return value;
  }
  r->fault = malformed;
  return 0;
}

static void expect(struct reader *r, unsigned major, uint32_t value) {
  if (take_head(r, major) != value && r->fault == NULL)
    r->fault = malformed;
}

static const uint8_t *take_string(struct reader *r, unsigned major, uint32_t *size) {
  *size = take_head(r, major);
  return take(r, *size);
}

/* The version from the protected header. */
static uint32_t read_header(struct reader *r) {
  uint32_t size;
  expect(r, CBOR_MAP, 4);
  expect(r, CBOR_UNSIGNED, HEADER_ALGORITHM);
  if (r->fault == NULL && (r->left == 0 || *r->at != (CBOR_NEGATIVE << 5 | ALGORITHM_EDDSA)))
    r->fault = "the module is signed with another algorithm than Ed25519";
  take(r, 1);
  expect(r, CBOR_UNSIGNED, HEADER_CONTENT_TYPE);
  const uint8_t *type = take_string(r, CBOR_TEXT, &size);
  if (r->fault == NULL && (size != sizeof(content_type) - 1 || memcmp(type, content_type, size) != 0))
    r->fault = "what is signed is not a WebAssembly module";
  expect(r, CBOR_UNSIGNED, HEADER_KEY_ID);
  const uint8_t *id = take_string(r, CBOR_BYTES, &size);
  if (r->fault == NULL && (size != KEY_ID_BYTES || memcmp(id, pktsock_swap_key, size) != 0))
    r->fault = "the module is signed with another key than this firmware has";
  expect(r, CBOR_NEGATIVE, HEADER_VERSION);
  uint32_t version = take_head(r, CBOR_UNSIGNED);
  if (r->fault == NULL && r->left != 0)
    r->fault = malformed;
  return version;
}

/* Verifiers differ in whether they take S of RFC 8032 modulo the order of the group: the same module would have several
 * signatures. */
static bool is_below_order(const uint8_t *s) {
  static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,       0xd6,
                                    0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10};
  for (unsigned i = sizeof(order); i-- > 0;)
    if (s[i] != order[i])
      return s[i] < order[i];
  return false;
}

/* What is signed (RFC 9052, section 4.4) is ["Signature1", protected header, external data, payload]: these bytes, then the
 * payload. `header` and `payload` are whole byte strings with their heads, as they are in the file. */
static bool is_signed(const uint8_t *signature, const uint8_t *header, size_t header_size, const uint8_t *payload_head,
                      size_t payload_head_size, const uint8_t *payload, size_t payload_size) {
  static const uint8_t begin[] = "\x84\x6aSignature1";
  static const uint8_t no_external_data = CBOR_BYTES << 5;
  uint8_t head[96];
  size_t size = sizeof(begin) - 1;
  if (size + header_size + 1 + payload_head_size > sizeof(head))
    return false;
  memcpy(head, begin, size);
  memcpy(head + size, header, header_size);
  size += header_size;
  head[size++] = no_external_data;
  memcpy(head + size, payload_head, payload_head_size);
  size += payload_head_size;
  return is_below_order(signature + 32) &&
         pktsock_ed25519_verify(pktsock_swap_key, signature, head, size, payload, payload_size);
}

const char *pktsock_verify_signed(const uint8_t *file, size_t size, struct pktsock_module *module) {
  struct reader r = {.at = file, .left = size, .fault = file == NULL ? malformed : NULL};
  uint32_t header_size, payload_size, signature_size;
  expect(&r, CBOR_TAG, TAG_SIGN1);
  expect(&r, CBOR_ARRAY, 4);
  const uint8_t *header_head = r.at;
  const uint8_t *header = take_string(&r, CBOR_BYTES, &header_size);
  struct reader inner = {.at = header, .left = header_size, .fault = r.fault};
  uint32_t version = read_header(&inner);
  if (r.fault == NULL && inner.fault != NULL)
    r.fault = inner.fault == truncated ? malformed : inner.fault;
  expect(&r, CBOR_MAP, 0);
  const uint8_t *payload_head = r.at;
  const uint8_t *payload = take_string(&r, CBOR_BYTES, &payload_size);
  const uint8_t *signature = take_string(&r, CBOR_BYTES, &signature_size);
  if (r.fault == NULL && signature_size != SIGNATURE_BYTES)
    r.fault = malformed;
  if (r.fault == NULL && r.left != 0)
    r.fault = "bytes follow the signed module";
  if (r.fault != NULL)
    return r.fault;
  if (!is_signed(signature, header_head, (size_t)(header + header_size - header_head), payload_head,
                 (size_t)(payload - payload_head), payload, payload_size))
    return "the signature is wrong";
  *module = (struct pktsock_module){.wasm = payload, .wasm_size = payload_size, .version = version};
  return NULL;
}
