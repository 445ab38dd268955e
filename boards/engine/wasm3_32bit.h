/* wasm3 without its operations on 64-bit integers, which are half of all: wasm3.c includes this before wasm3's compiler and
 * parser. A module whose functions, variables or instructions have another type than i32 is refused. */
#ifndef PKT_WASM3_32BIT_H
#define PKT_WASM3_32BIT_H

static const char engine_only_i32[] =
    "the module has a value or an instruction that is not of i32, and this engine has no others";

/* wasm3's compiler reports an opcode that it does not know, and one without an operation. */
#undef ErrorCompile
#define ErrorCompile(result, ...) engine_only_i32
#undef m3Err_unknownOpcode
#define m3Err_unknownOpcode engine_only_i32

/* wasm3 takes every type of a module through this function. */
static M3Result engine_normalize_type(u8 *type, i8 encoded) {
  M3Result result = NormalizeType(type, encoded);
  return result == m3Err_none && *type > c_m3Type_i32 ? engine_only_i32 : result;
}
#undef NormalizeType
#define NormalizeType engine_normalize_type

/* So the compiler need not handle them. */
#undef Is64BitType
#undef IsFpType
#define Is64BitType(type) ((void)(type), false)
#define IsFpType(type) ((void)(type), false)

/* wasm3's table of operations has a row for each opcode. Here those with 64-bit operands or results, those on floats and
 * calls through a table share one row, which is empty, as those of reserved opcodes are. wasm3 lists its rows in the order of
 * the opcodes, first these, then those behind 0xfc, so the compiler can count them; it finds a row through GetOpInfo(). */
#define ENGINE_ROWS 0xc5
#define ENGINE_EMPTY_ROW 0x11
#define ENGINE_ROW(opcode)                                                                                             \
  ((opcode) == 0x13                       ? ENGINE_EMPTY_ROW                                                           \
   : (opcode) < 0x50                      ? (opcode)                                                                   \
   : (opcode) >= 0x67 && (opcode) <= 0x78 ? (opcode)-0x67 + 0x50                                                       \
   : (opcode) == 0xc0 || (opcode) == 0xc1 ? (opcode)-0xc0 + 0x62                                                       \
   : (opcode) < 0x100                     ? ENGINE_EMPTY_ROW                                                           \
                                          : (opcode))
#define ENGINE_ROW_AT(count) [(count) < ENGINE_ROWS ? ENGINE_ROW(count) : (count)-ENGINE_ROWS]
#define ENGINE_NEXT_ROW ENGINE_ROW_AT(__COUNTER__ - ENGINE_FIRST_COUNT)
enum { ENGINE_FIRST_COUNT = __COUNTER__ + 1 };
#undef GetOpInfo
#define GetOpInfo(opcode) pkt_wasm3_GetOpInfo(ENGINE_ARGUMENT_##opcode)
#define ENGINE_ARGUMENT_opcode ENGINE_ROW(opcode)
#define ENGINE_ARGUMENT_i_opcode ENGINE_ROW(i_opcode)
#define ENGINE_ARGUMENT_m3opcode_t m3opcode_t /* where it is defined */
#undef M3OP
#undef M3OP_F
#undef M3OP_RESERVED
#define M3OP(name, offset, type, operations, ...) PKT_OP_##type(offset, type, PKT_##operations, __VA_ARGS__)
#define M3OP_F(...) PKT_OP_i_64()
#define M3OP_RESERVED PKT_OP_i_64()
#define PKT_OP_i_64(...) ENGINE_NEXT_ROW = {0}
#define PKT_OP_i_32(...) ENGINE_NEXT_ROW = {__VA_ARGS__}
#define PKT_OP_none(...) ENGINE_NEXT_ROW = {__VA_ARGS__}
#define PKT_OP_any(...) ENGINE_NEXT_ROW = {__VA_ARGS__}
#define PKT_d_emptyOpList d_emptyOpList
#define PKT_d_logOp d_logOp
#define PKT_d_logOp2 d_logOp2
#define PKT_d_unaryOpList(type, name) PKT_LIST_##type(d_unaryOpList(type, name))
#define PKT_d_binOpList(type, name) PKT_LIST_##type(d_binOpList(type, name))
#define PKT_d_commutativeBinOpList(type, name) PKT_LIST_##type(d_commutativeBinOpList(type, name))
#define PKT_LIST_i32(...) __VA_ARGS__
#define PKT_LIST_u32(...) __VA_ARGS__
#define PKT_LIST_i64(...)                                                                                              \
  { NULL }
#define PKT_LIST_u64(...)                                                                                              \
  { NULL }
#define op_i32_Wrap_i64_r NULL
#define op_i32_Wrap_i64_s NULL

/* Its smaller tables. */
#define op_PreserveSetSlot_i64 NULL
#define op_SetSlot_i64 NULL
#define op_SetGlobal_i64 NULL
#define op_SetRegister_i64 NULL
#define op_Select_i64_rss NULL
#define op_Select_i64_srs NULL
#define op_Select_i64_ssr NULL
#define op_Select_i64_sss NULL

#endif
