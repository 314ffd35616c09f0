// What is hot on bytes: finding lines, CRC-32C, the records of a Kafka batch. `npm run kernel` compiles it into kernel-bytes.ts.
// Nothing is allocated: all addresses come from the caller and lie in the one memory that is imported. The JavaScript beside it does the
// same and the tests hold both against each other.
#include <stdint.h>
#include <wasm_simd128.h>

#define EXPORT(name) __attribute__((export_name(#name)))
typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;

// Unaligned access is fine in WebAssembly; the compiler has to be told so.
typedef u32 __attribute__((aligned(1), may_alias)) u32_any;
typedef u64 __attribute__((aligned(1), may_alias)) u64_any;
typedef uint16_t __attribute__((aligned(1), may_alias)) u16_any;

// What is not there.
#define NOWHERE 0xffffffffu

// ---- lines

// Newlines of bytes[from, to): the same as indexLines in lines.ts. `room` is how many entries starts and ends have.
EXPORT(lines) u32 lines(const u8 *bytes, u32 from, u32 to, u32 *starts, u32 *ends, u32 room) {
  const v128_t newline = wasm_i8x16_splat('\n');
  u32 count = 0, start = from, at = from;
  if (room == 0) return 0;
  while (at + 64 <= to) {
    const v128_t a = wasm_i8x16_eq(wasm_v128_load(bytes + at), newline);
    const v128_t b = wasm_i8x16_eq(wasm_v128_load(bytes + at + 16), newline);
    const v128_t c = wasm_i8x16_eq(wasm_v128_load(bytes + at + 32), newline);
    const v128_t d = wasm_i8x16_eq(wasm_v128_load(bytes + at + 48), newline);
    if (wasm_v128_any_true(wasm_v128_or(wasm_v128_or(a, b), wasm_v128_or(c, d)))) {
      u64 found = (u64)wasm_i8x16_bitmask(a) | (u64)wasm_i8x16_bitmask(b) << 16 | (u64)wasm_i8x16_bitmask(c) << 32 |
                  (u64)wasm_i8x16_bitmask(d) << 48;
      do {
        const u32 end = at + (u32)__builtin_ctzll(found);
        starts[count] = start;
        ends[count] = end;
        start = end + 1;
        if (++count == room) return count;
        found &= found - 1;
      } while (found);
    }
    at += 64;
  }
  for (; at < to; at++)
    if (bytes[at] == '\n') {
      starts[count] = start;
      ends[count] = at;
      start = at + 1;
      if (++count == room) return count;
    }
  return count;
}

// ---- CRC-32C

static u32 tables[16][256];

EXPORT(prepare) void prepare(void) {
  for (u32 i = 0; i < 256; i++) {
    u32 value = i;
    for (int bit = 0; bit < 8; bit++) value = value & 1 ? value >> 1 ^ 0x82f63b78 : value >> 1;
    tables[0][i] = value;
  }
  for (int slice = 1; slice < 16; slice++)
    for (u32 i = 0; i < 256; i++) tables[slice][i] = tables[slice - 1][i] >> 8 ^ tables[0][tables[slice - 1][i] & 255];
}

// Slicing by 16: one lookup for each byte, and a chain of only four of them from one step to the next.
static u32 sliced(const u8 *bytes, u32 length, u32 crc) {
  for (; length >= 16; bytes += 16, length -= 16) {
    const u32 a = *(const u32_any *)bytes ^ crc, b = *(const u32_any *)(bytes + 4);
    const u32 c = *(const u32_any *)(bytes + 8), d = *(const u32_any *)(bytes + 12);
    crc = tables[15][a & 255] ^ tables[14][a >> 8 & 255] ^ tables[13][a >> 16 & 255] ^ tables[12][a >> 24] ^
          tables[11][b & 255] ^ tables[10][b >> 8 & 255] ^ tables[9][b >> 16 & 255] ^ tables[8][b >> 24] ^
          tables[7][c & 255] ^ tables[6][c >> 8 & 255] ^ tables[5][c >> 16 & 255] ^ tables[4][c >> 24] ^
          tables[3][d & 255] ^ tables[2][d >> 8 & 255] ^ tables[1][d >> 16 & 255] ^ tables[0][d >> 24];
  }
  for (; length > 0; bytes++, length--) crc = crc >> 8 ^ tables[0][(crc ^ *bytes) & 255];
  return crc;
}

// Long inputs are folded without any table. With y = x^128, y^209 + y^144 + y^54 + y^39 + y^14 + 1 is a multiple of the Castagnoli polynomial
// (found by search; the generator has the factor x + 1, so a multiple has an even number of terms, and this is the smallest of six whose
// nearest distance leaves room to unroll). So a word of 16 bytes can be taken away when it is added to the words 65, 155, 170, 195 and 209
// further on, which are then taken away likewise; the last 209 words remain, and have the checksum of the whole. Six loads and five xors
// for 16 bytes: about five times slicing. Words are whole, so it does not matter that this CRC reflects its bits.
#define FAR 209
#define WINDOW 1024
static v128_t folded[WINDOW];

static inline v128_t fold(v128_t word, const v128_t *at) {
  return word ^ at[-65] ^ at[-155] ^ at[-170] ^ at[-195] ^ at[-209];
}

static u32 folding(const u8 *bytes, u32 length, u32 crc) {
  const u32 words = length / 16, whole = words - FAR;
  for (u32 i = 0; i < FAR; i++) folded[i] = wasm_i64x2_const(0, 0);
  u32 done = 0, at = FAR;
  // The state that the checksum comes with counts as part of the first four bytes.
  v128_t first = wasm_v128_xor(wasm_v128_load(bytes), wasm_i32x4_make(crc, 0, 0, 0));
  while (done < whole) {
    if (at == WINDOW) {
      for (u32 i = 0; i < FAR; i++) folded[i] = folded[WINDOW - FAR + i];
      at = FAR;
    }
    u32 steps = whole - done < WINDOW - at ? whole - done : WINDOW - at;
    const u8 *from = bytes + (u64)done * 16;
    v128_t *to = folded + at;
    done += steps;
    at += steps;
    if (done == steps) {
      *to = fold(first, to);
      from += 16, to++, steps--;
    }
    for (; steps >= 4; steps -= 4, from += 64, to += 4) {
      const v128_t a = fold(wasm_v128_load(from), to), b = fold(wasm_v128_load(from + 16), to + 1);
      const v128_t c = fold(wasm_v128_load(from + 32), to + 2), d = fold(wasm_v128_load(from + 48), to + 3);
      to[0] = a, to[1] = b, to[2] = c, to[3] = d;
    }
    for (; steps > 0; steps--, from += 16, to++) *to = fold(wasm_v128_load(from), to);
  }
  // What remains: the last words as they are, with what was added to them. Behind `at` nothing is added yet.
  v128_t rest[FAR];
  for (u32 i = 0; i < FAR; i++) {
    v128_t word = wasm_v128_load(bytes + (u64)(done + i) * 16);
    const v128_t *to = folded + at + i;
    if (i < 65) word ^= to[-65];
    if (i < 155) word ^= to[-155];
    if (i < 170) word ^= to[-170];
    if (i < 195) word ^= to[-195];
    word ^= to[-209];
    rest[i] = word;
  }
  return sliced(bytes + (u64)words * 16, length % 16, sliced((const u8 *)rest, FAR * 16, 0));
}

// `state` is the checksum before, inverted; the result likewise.
EXPORT(crc) u32 crc(const u8 *bytes, u32 length, u32 state) {
  return length < 4 * FAR * 16 ? sliced(bytes, length, state) : folding(bytes, length, state);
}

// ---- one text among others

static inline int same(const u8 *a, const u8 *b, u32 length) {
  for (u32 i = 0; i < length; i++)
    if (a[i] != b[i]) return 0;
  return 1;
}

// Where the needle (not empty) begins first in bytes[from, to); NOWHERE when it is not all in there. Its first, second and last byte are compared
// for 16 places at once; blocks reach over `to` and into what lies behind, which is in memory always.
EXPORT(find) u32 find(const u8 *bytes, u32 from, u32 to, const u8 *needle, u32 length) {
  if (to < length) return NOWHERE;
  const u32 second_at = length > 1, places = to - length + 1;
  const v128_t first = wasm_i8x16_splat((int8_t)needle[0]), second = wasm_i8x16_splat((int8_t)needle[second_at]);
  const v128_t last = wasm_i8x16_splat((int8_t)needle[length - 1]);
  for (u32 at = from; at < places; at += 16) {
    const v128_t a = wasm_i8x16_eq(wasm_v128_load(bytes + at), first), b = wasm_i8x16_eq(wasm_v128_load(bytes + at + second_at), second);
    const v128_t all = a & b & wasm_i8x16_eq(wasm_v128_load(bytes + at + length - 1), last);
    if (!wasm_v128_any_true(all)) continue;
    for (u32 found = wasm_i8x16_bitmask(all); found; found &= found - 1) {
      const u32 place = at + (u32)__builtin_ctz(found);
      if (place >= places) return NOWHERE;
      if (same(bytes + place, needle, length)) return place;
    }
  }
  return NOWHERE;
}

// ---- what can be put into JSON objects without parsing them

// Whether every record begins with {" and ends with }, so that there is a field in it and more can be put behind the last one.
EXPORT(objects) u32 objects(const u8 *bytes, const u32 *starts, const u32 *ends, u32 count) {
  for (u32 i = 0; i < count; i++) {
    const u32 start = starts[i], end = ends[i];
    if (end < start + 3 || bytes[start] != '{' || bytes[start + 1] != '"' || bytes[end - 1] != '}') return 0;
  }
  return 1;
}

// ---- one field of a JSON object, found by walking it

static inline u32 skip_space(const u8 *bytes, u32 at, u32 end) {
  while (at < end && (bytes[at] == ' ' || bytes[at] == '\n' || bytes[at] == '\r' || bytes[at] == '\t')) at++;
  return at;
}

// `at` is behind the opening quote; where the closing one is, and whether there is a backslash before it.
static inline u32 string_end(const u8 *bytes, u32 at, u32 end, int *escaped) {
  const v128_t quote = wasm_i8x16_splat('"'), backslash = wasm_i8x16_splat('\\');
  while (at + 16 <= end) {
    const v128_t block = wasm_v128_load(bytes + at);
    const u32 found = wasm_i8x16_bitmask(wasm_i8x16_eq(block, quote) | wasm_i8x16_eq(block, backslash));
    if (found == 0) {
      at += 16;
      continue;
    }
    at += (u32)__builtin_ctz(found);
    if (bytes[at] == '"') return at;
    *escaped = 1;
    at += 2;
  }
  while (at < end) {
    if (bytes[at] == '"') return at;
    if (bytes[at] == '\\') *escaped = 1, at++;
    at++;
  }
  return NOWHERE;
}

static u32 nested_end(const u8 *bytes, u32 at, u32 end) {
  u32 depth = 1;
  int escaped;
  while (at < end) {
    const u8 byte = bytes[at++];
    if (byte == '"') {
      at = string_end(bytes, at, end, &escaped);
      if (at == NOWHERE) return NOWHERE;
      at++;
    } else if (byte == '{' || byte == '[') depth++;
    else if ((byte == '}' || byte == ']') && --depth == 0) return at;
  }
  return NOWHERE;
}

static inline u32 value_end(const u8 *bytes, u32 at, u32 end) {
  if (at >= end) return NOWHERE;
  if (bytes[at] == '"') {
    int escaped;
    const u32 closing = string_end(bytes, at + 1, end, &escaped);
    return closing == NOWHERE ? NOWHERE : closing + 1;
  }
  if (bytes[at] == '{' || bytes[at] == '[') return nested_end(bytes, at + 1, end);
  const u32 start = at;
  while (at < end && bytes[at] != ',' && bytes[at] != '}' && bytes[at] != ']' && bytes[at] > ' ') at++;
  return at == start ? NOWHERE : at;
}

// The last field of this name at the top level of the object in bytes[start, end): 1 and where its value is, 0 when there is none, 2 when a name is
// written with escapes, which are not decoded here. The steps are those of FieldFinder (json-bytes/), for what is not well-formed too.
EXPORT(field) u32 field(const u8 *bytes, u32 start, u32 end, const u8 *name, u32 length, u32 *value) {
  u32 at = skip_space(bytes, start, end), found = 0, last = end;
  while (last > at && (bytes[last - 1] == ' ' || bytes[last - 1] == '\n' || bytes[last - 1] == '\r' || bytes[last - 1] == '\t')) last--;
  if (at + 1 >= last || bytes[at] != '{' || bytes[last - 1] != '}') return 0;
  while (at < end) {
    at = skip_space(bytes, at + 1, end);
    if (at >= end || bytes[at] != '"') return found;
    int escaped = 0;
    const u32 name_start = at + 1, name_end = string_end(bytes, name_start, end, &escaped);
    if (name_end == NOWHERE) return found;
    if (escaped) return 2;
    at = skip_space(bytes, name_end + 1, end);
    if (at >= end || bytes[at] != ':') return found;
    at = skip_space(bytes, at + 1, end);
    const u32 behind = value_end(bytes, at, end);
    if (behind == NOWHERE) return found;
    if (name_end - name_start == length && same(bytes + name_start, name, length)) found = 1, value[0] = at, value[1] = behind;
    at = skip_space(bytes, behind, end);
    if (at >= end || bytes[at] != ',') return found;
  }
  return found;
}

// ---- records of Kafka

static inline u32 varint_bytes(u64 value) { return (70 - (u32)__builtin_clzll(value | 1)) / 7; }

static inline u8 *varint(u8 *out, u64 value) {
  for (; value > 127; value >>= 7) *out++ = (u8)(value | 128);
  *out++ = (u8)value;
  return out;
}

static inline u64 zigzag(int64_t value) { return (u64)value << 1 ^ (u64)(value >> 63); }

// Never reads or writes outside of the range: what is behind it belongs to somebody else.
static inline u8 *copy(u8 *to, const u8 *from, u32 length) {
  if (length >= 16) {
    u8 *const end = to + length;
    const u8 *const last = from + length - 16;
    for (; length > 64; length -= 64, to += 64, from += 64) {
      const v128_t a = wasm_v128_load(from), b = wasm_v128_load(from + 16), c = wasm_v128_load(from + 32), d = wasm_v128_load(from + 48);
      wasm_v128_store(to, a), wasm_v128_store(to + 16, b), wasm_v128_store(to + 32, c), wasm_v128_store(to + 48, d);
    }
    for (; length > 16; length -= 16, to += 16, from += 16) wasm_v128_store(to, wasm_v128_load(from));
    wasm_v128_store(end - 16, wasm_v128_load(last));
    return end;
  }
  if (length >= 8) {
    const u64 a = *(const u64_any *)from, b = *(const u64_any *)(from + length - 8);
    *(u64_any *)to = a, *(u64_any *)(to + length - 8) = b;
  } else if (length >= 4) {
    const u32 a = *(const u32_any *)from, b = *(const u32_any *)(from + length - 4);
    *(u32_any *)to = a, *(u32_any *)(to + length - 4) = b;
  } else if (length >= 2) {
    const uint16_t a = *(const u16_any *)from, b = *(const u16_any *)(from + length - 2);
    *(u16_any *)to = a, *(u16_any *)(to + length - 2) = b;
  } else if (length == 1)
    *to = *from;
  return to + length;
}

// What records of one call have in common; the JavaScript writes it (kernel.ts knows the layout).
struct common {
  double base;          //  0: position of bytes[0]
  double read_at;       //  8: the time of records without one, whole milliseconds
  double base_time;     // 16: baseTimestamp of the wire batch
  double latest;        // 24: out: the largest time, −1 when there is no record
  u32 starts, ends;     // 32, 36
  u32 positions, times; // 40, 44: 0 where there are none
  u32 tail, tail_bytes; // 48, 52: headers with their count
  u32 identity;         // 56: the last 8 bytes of the tail are the position
  u32 written;          // 60: out: bytes
  u32 insert, inserted; // 64, 68: bytes that stand before the last one of every record, and how many
};

// Milliseconds, about 71,000 years: what is beyond was misread, and has the time of reading. 2^51 keeps all arithmetic exact in JavaScript.
#define FARTHEST 2251799813685248.0

EXPORT(records) u32 records(const u8 *bytes, u32 from, u32 to, u8 *const out, u32 limit, u32 offset_delta, struct common *common) {
  const u32 *const starts = (const u32 *)(uintptr_t)common->starts, *const ends = (const u32 *)(uintptr_t)common->ends;
  const double *const positions = (const double *)(uintptr_t)common->positions, *const times = (const double *)(uintptr_t)common->times;
  const u8 *const tail = (const u8 *)(uintptr_t)common->tail;
  const u32 tail_bytes = common->tail_bytes, identity = common->identity, inserted = common->inserted;
  const u8 *const insert = (const u8 *)(uintptr_t)common->insert;
  const double base = common->base, read_at = common->read_at, base_time = common->base_time;
  double latest = -1;
  u64 time_delta = zigzag((int64_t)(read_at - base_time));
  u8 *at = out;
  u8 *const end = out + limit;
  u32 next = from;
  for (; next < to; next++) {
    const u32 start = starts[next], own = ends[next] - start, length = own ? own + inserted : 0;
    double time = read_at;
    if (times) {
      const double told = times[next];
      // Not for NaN either, which means: none.
      time = __builtin_floor(__builtin_fabs(told) < FARTHEST ? told : read_at);
      time_delta = zigzag((int64_t)(time - base_time));
    }
    const u64 delta = (u64)(offset_delta + next - from) << 1, value = (u64)length << 1;
    const u32 body = 2 + varint_bytes(time_delta) + varint_bytes(delta) + varint_bytes(value) + length + tail_bytes;
    if (at + varint_bytes((u64)body << 1) + body > end) break;
    at = varint(at, (u64)body << 1);
    *at++ = 0; // attributes
    at = varint(at, time_delta);
    at = varint(at, delta);
    *at++ = 1; // key: −1, so none
    at = varint(at, value);
    if (inserted == 0 || own == 0)
      at = copy(at, bytes + start, own);
    else {
      at = copy(at, bytes + start, own - 1);
      at = copy(at, insert, inserted);
      *at++ = bytes[start + own - 1];
    }
    at = copy(at, tail, tail_bytes);
    if (identity) *(u64_any *)(at - 8) = __builtin_bswap64((u64)(positions ? positions[next] : base + start));
    if (time > latest) latest = time;
  }
  common->latest = latest;
  common->written = (u32)(at - out);
  return next - from;
}
