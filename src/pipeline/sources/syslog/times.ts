/** Times of syslog messages, read from bytes. Nothing is allocated; NaN where there is no time. `end` is where the last time that was found ended. */

const [colon, dot, comma, dash, plus, space, zero, nine] = [0x3a, 0x2e, 0x2c, 0x2d, 0x2b, 0x20, 0x30, 0x39] as const;
/** RFC 3164 §4.1.2 */
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'].map((name) => Buffer.from(name));
/** A week: more than any time zone and most wrong clocks. */
const aheadMs = 7 * 86_400_000;
/** Words that devices put behind a time and that mean UTC. */
const zulu = ['UTC', 'GMT'].map((name) => Buffer.from(name));

const isDigit = (byte: number | undefined): byte is number => byte !== undefined && byte >= zero && byte <= nine;

/** `count` digits at `at`; −1 when they are not there. */
function digits(bytes: Uint8Array, at: number, to: number, count: number): number {
  if (at + count > to) return -1;
  let value = 0;
  for (let index = at; index < at + count; index++) {
    const byte = bytes[index];
    if (!isDigit(byte)) return -1;
    value = value * 10 + byte - zero;
  }
  return value;
}

function matches(bytes: Uint8Array, at: number, to: number, word: Uint8Array): boolean {
  if (at + word.length > to) return false;
  for (let index = 0; index < word.length; index++) if (bytes[at + index] !== word[index]) return false;
  return true;
}

export class TimeReader {
  /** Behind the time that was read last. */
  end = 0;
  /** Minutes east of UTC for times that do not say theirs; undefined: the machine's own zone. */
  readonly #offsetMinutes: number | undefined;
  readonly #now: () => number;
  #fraction = 0;
  #minuteKey = Number.NaN;
  #minuteMs = 0;

  constructor(timezone: string, now: () => number) {
    this.#offsetMinutes = offsetOf(timezone);
    this.#now = now;
  }

  /** RFC 3339 as RFC 5424 §6.2.3 narrows it; without an offset (some devices) it is in the zone of the settings. */
  iso(bytes: Uint8Array, from: number, to: number): number {
    const year = digits(bytes, from, to, 4);
    const month = digits(bytes, from + 5, to, 2);
    const day = digits(bytes, from + 8, to, 2);
    if (year < 0 || month < 1 || month > 12 || day < 1 || day > 31) return Number.NaN;
    if (bytes[from + 4] !== dash || bytes[from + 7] !== dash) return Number.NaN;
    const between = bytes[from + 10];
    if (between !== 0x54 && between !== 0x74 && between !== space) return Number.NaN;
    const clock = this.#clock(bytes, from + 11, to);
    if (Number.isNaN(clock)) return Number.NaN;
    const sign = bytes[this.end];
    if (sign === 0x5a || sign === 0x7a) {
      this.end += 1;
      return Date.UTC(year, month - 1, day) + clock;
    }
    if ((sign === plus || sign === dash) && this.end + 5 <= to)
      return this.#withOffset(bytes, to, Date.UTC(year, month - 1, day) + clock, sign);
    return this.#inZone(year, month - 1, day, clock);
  }

  /**
   * `Mmm dd hh:mm:ss` (RFC 3164 §4.1.2), and what others make of it: a year before or behind the time of day, fractions of a second, `UTC` behind it, and
   * before it the `*` or `.` by which Cisco says that the clock is not to be trusted.
   */
  bsd(bytes: Uint8Array, from: number, to: number): number {
    let at = bytes[from] === 0x2a || bytes[from] === dot ? from + 1 : from;
    let year = -1;
    if (digits(bytes, at, to, 4) >= 1970 && bytes[at + 4] === space) {
      year = digits(bytes, at, to, 4); // Nexus: 2026 Nov  3 18:46:11
      at += 5;
    }
    const month = months.findIndex((name) => matches(bytes, at, to, name));
    if (month === -1 || bytes[at + 3] !== space) return Number.NaN;
    at += 4;
    while (bytes[at] === space && at < to) at += 1;
    const two = digits(bytes, at, to, 2);
    const day = two >= 0 ? two : digits(bytes, at, to, 1);
    at += two >= 0 ? 2 : 1;
    if (day < 1 || day > 31 || bytes[at] !== space) return Number.NaN;
    at += 1;
    if (digits(bytes, at, to, 4) >= 1970 && bytes[at + 4] === space) {
      year = digits(bytes, at, to, 4); // ASA: Nov 03 2026 18:46:11
      at += 5;
    }
    const clock = this.#clock(bytes, at, to);
    if (Number.isNaN(clock)) return Number.NaN;
    if (bytes[this.end] === space && digits(bytes, this.end + 1, to, 4) >= 1970 && !isDigit(bytes[this.end + 5])) {
      year = digits(bytes, this.end + 1, to, 4);
      this.end += 5;
    }
    const isUtc = bytes[this.end] === space && zulu.some((word) => matches(bytes, this.end + 1, to, word));
    if (isUtc) this.end += 4;
    const known = year === -1 ? this.#likelyYear(month, day) : year;
    return isUtc ? Date.UTC(known, month, day) + clock : this.#inZone(known, month, day, clock);
  }

  /** `hh:mm:ss` with fractions → milliseconds of the day. A leap second counts as the one before. */
  #clock(bytes: Uint8Array, at: number, to: number): number {
    const hour = digits(bytes, at, to, 2);
    const minute = digits(bytes, at + 3, to, 2);
    const second = digits(bytes, at + 6, to, 2);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return Number.NaN;
    if (bytes[at + 2] !== colon || bytes[at + 5] !== colon) return Number.NaN;
    this.#readFraction(bytes, at + 8, to);
    return (hour * 3_600 + minute * 60 + Math.min(second, 59)) * 1_000 + this.#fraction;
  }

  #readFraction(bytes: Uint8Array, at: number, to: number): void {
    this.#fraction = 0;
    this.end = at;
    if ((bytes[at] !== dot && bytes[at] !== comma) || at + 1 >= to || !isDigit(bytes[at + 1])) return;
    let scale = 100;
    let index = at + 1;
    for (; index < to; index++) {
      const byte = bytes[index];
      if (!isDigit(byte)) break;
      this.#fraction += (byte - zero) * scale;
      scale /= 10;
    }
    this.end = index;
  }

  #withOffset(bytes: Uint8Array, to: number, utc: number, sign: number): number {
    const hours = digits(bytes, this.end + 1, to, 2);
    const separated = bytes[this.end + 3] === colon ? 1 : 0;
    const minutes = digits(bytes, this.end + 3 + separated, to, 2);
    if (hours < 0 || minutes < 0) return Number.NaN;
    this.end += 5 + separated;
    return utc - (sign === dash ? -1 : 1) * (hours * 60 + minutes) * 60_000;
  }

  #inZone(year: number, month: number, day: number, clock: number): number {
    if (this.#offsetMinutes !== undefined) return Date.UTC(year, month, day) + clock - this.#offsetMinutes * 60_000;
    const minuteOfDay = Math.floor(clock / 60_000);
    const key = ((year * 12 + month) * 31 + day) * 1_440 + minuteOfDay;
    if (key !== this.#minuteKey) {
      // The zone's rules are asked once for each minute that is written.
      this.#minuteMs = new Date(year, month, day, Math.floor(minuteOfDay / 60), minuteOfDay % 60).getTime();
      this.#minuteKey = key;
    }
    return this.#minuteMs + clock - minuteOfDay * 60_000;
  }

  /** The year is not written: the last one in which the time is not in the future; a clock that is some days ahead is believed. */
  #likelyYear(month: number, day: number): number {
    const now = this.#now();
    const year = new Date(now).getUTCFullYear();
    const ahead = Date.UTC(year, month, day) - now;
    if (ahead > aheadMs) return year - 1;
    return Date.UTC(year + 1, month, day) - now <= aheadMs ? year + 1 : year;
  }
}

function offsetOf(timezone: string): number | undefined {
  if (timezone === 'local') return undefined;
  if (timezone === 'utc') return 0;
  const [hours = 0, minutes = 0] = timezone.slice(1).split(':').map(Number);
  return (timezone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}
