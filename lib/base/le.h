/* le: little-endian numbers in byte arrays, any alignment. */
#ifndef LEANN_BASE_LE_H
#define LEANN_BASE_LE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline void put_le16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static inline void put_le32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static inline void put_le64(uint8_t *p, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static inline uint16_t get_le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t get_le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t get_le64(const uint8_t *p)
{
	return (uint64_t)get_le32(p) | (uint64_t)get_le32(p + 4) << 32;
}

static inline void put_lef32(uint8_t *p, float f)
{
	uint32_t u;
	memcpy(&u, &f, 4);
	put_le32(p, u);
}

static inline float get_lef32(const uint8_t *p)
{
	uint32_t u = get_le32(p);
	float f;
	memcpy(&f, &u, 4);
	return f;
}

static inline void put_lef64(uint8_t *p, double f)
{
	uint64_t u;
	memcpy(&u, &f, 8);
	put_le64(p, u);
}

static inline double get_lef64(const uint8_t *p)
{
	uint64_t u = get_le64(p);
	double f;
	memcpy(&f, &u, 8);
	return f;
}

static inline void put_lef32s(uint8_t *p, const float *f, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put_lef32(p + 4 * i, f[i]);
}

static inline void get_lef32s(const uint8_t *p, float *f, size_t n)
{
	for (size_t i = 0; i < n; i++)
		f[i] = get_lef32(p + 4 * i);
}

#endif
