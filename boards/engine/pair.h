/* Two engines in one image (pair.c): their functions and exports get names of their own. PKT_ENGINE_NAME is aot or wasm3 where
 * that engine is compiled. */
#ifndef PKT_PAIR_H
#define PKT_PAIR_H

#define PKT_PAIR_JOIN_(engine, name) pkt_##engine##_##name
#define PKT_PAIR_JOIN(engine, name) PKT_PAIR_JOIN_(engine, name)

#define pkt_export PKT_PAIR_JOIN(PKT_ENGINE_NAME, export)
#define PKT_PAIR_EXPORT_(engine, name) pkt_##engine##_export_##name
#define PKT_PAIR_EXPORT(engine, name) PKT_PAIR_EXPORT_(engine, name)
#define PKT_EXPORT(name) PKT_PAIR_EXPORT(PKT_ENGINE_NAME, name)
#define pkt_engine_load PKT_PAIR_JOIN(PKT_ENGINE_NAME, load)
#define pkt_engine_has PKT_PAIR_JOIN(PKT_ENGINE_NAME, has)
#define pkt_engine_compile PKT_PAIR_JOIN(PKT_ENGINE_NAME, compile)
#define pkt_engine_forget PKT_PAIR_JOIN(PKT_ENGINE_NAME, forget)
#define pkt_engine_restart PKT_PAIR_JOIN(PKT_ENGINE_NAME, restart)
#define pkt_engine_unload PKT_PAIR_JOIN(PKT_ENGINE_NAME, unload)
#define pkt_engine_call PKT_PAIR_JOIN(PKT_ENGINE_NAME, call)
#define pkt_engine_prepare PKT_PAIR_JOIN(PKT_ENGINE_NAME, prepare)
#define pkt_engine_exchange PKT_PAIR_JOIN(PKT_ENGINE_NAME, exchange)
#define pkt_engine_name PKT_PAIR_JOIN(PKT_ENGINE_NAME, name)

#endif
