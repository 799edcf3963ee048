/* The names of vectors.h are free again. */
#undef VECTOR
#undef NAME
#undef TYPE
#undef VEC
#undef LANES
#undef TARGET
#undef SET1
#undef ZERO
#undef LOAD
#undef STORE
#undef FMA
#undef MUL
#undef ADD
#undef LOAD_SOME
#undef STORE_SOME
