/*
 * unroll: loops over registers must be gone when the compiler is done, long ones are worth four
 * turns at once; each compiler has its own words for it. Sanitizers would check every copy, for
 * minutes: there the loops stay.
 */
#ifndef LEANN_VEC_UNROLL_H
#define LEANN_VEC_UNROLL_H

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNROLL_NOT
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(UNROLL_NOT)
#define UNROLL
#define UNROLL4
#elif defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#define UNROLL4 _Pragma("clang loop unroll_count(4)")
#else
#define UNROLL _Pragma("GCC unroll 32")
#define UNROLL4 _Pragma("GCC unroll 4")
#endif
#define ALWAYS_INLINE inline __attribute__((always_inline))

#endif
