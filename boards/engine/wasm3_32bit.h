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

/* The entries of the table of operations: those with 64-bit operands or results are empty, like opcodes that are reserved. */
#undef M3OP
#define M3OP(name, offset, type, operations, ...) PKT_OP_##type(offset, type, PKT_##operations, __VA_ARGS__)
#define PKT_OP_i_64(...)                                                                                               \
  { 0 }
#define PKT_OP_i_32(...)                                                                                               \
  { __VA_ARGS__ }
#define PKT_OP_none(...)                                                                                               \
  { __VA_ARGS__ }
#define PKT_OP_any(...)                                                                                                \
  { __VA_ARGS__ }
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
