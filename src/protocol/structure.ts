/**
 * Looks over the bytes of a protobuf message before anything is made of them.
 *
 * Two bytes on the wire (an empty entry of a list) become an object of some hundred bytes in memory, and nesting becomes stack:
 * a size limit alone lets a small message take a lot. So fields are counted and depth is measured first, in one pass that
 * allocates nothing. It also tells where a message breaks off or what does not fit, which the decoder cannot.
 *
 * Bytes are those of protobuf.dev/programming-guides/encoding: a tag is a varint of field number and wire type, and
 * types 0 to 5 are varint, 64 bit, length-delimited, start and end of a group, 32 bit.
 */
import type { DescMessage } from '@bufbuild/protobuf';
import { type Shape, shapeOf } from './shape.ts';

export interface StructureLimits {
  /** Messages inside of messages; an entry of a map counts as one. */
  readonly maxDepth: number;
  /** Fields in all, those of inner messages and unknown ones included. */
  readonly maxFields: number;
}

export type FaultCode = 'truncated' | 'malformed' | 'too-deep' | 'too-many-fields';

export interface Fault {
  readonly code: FaultCode;
  /** Names the field and the byte: `AgentToServer.health breaks off at byte 17 of 20`. */
  readonly sentence: string;
}

/** Undefined when the bytes have the shape of the message. Texts are not looked at: whether they are UTF-8 is seen when they are decoded. */
export function checkStructure(schema: DescMessage, bytes: Uint8Array, limits: StructureLimits): Fault | undefined {
  return walkMessage({ bytes, limits, at: 0, fields: 0 }, shapeOf(schema), bytes.length, 1);
}

interface Walk extends Varint {
  readonly limits: StructureLimits;
  fields: number;
}

interface Varint {
  readonly bytes: Uint8Array;
  at: number;
}

function walkMessage(walk: Walk, shape: Shape, end: number, depth: number): Fault | undefined {
  if (depth > walk.limits.maxDepth)
    return { code: 'too-deep', sentence: `${shape.name} at byte ${walk.at} is nested deeper than ${walk.limits.maxDepth} messages` };
  while (walk.at < end) {
    const tagAt = walk.at;
    const tag = readVarint(walk, end);
    const number = Math.floor(tag / 8);
    if (tag === BROKEN_OFF) return brokenOff(walk, shape.name, tagAt);
    if (tag < 0 || number === 0 || tag > 0xffff_ffff)
      return { code: 'malformed', sentence: `${shape.name} holds no field at byte ${tagAt}, only bytes that mean nothing` };
    const fault = walkField(walk, shape, { number, wireType: tag % 8, tagAt }, end, depth);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

interface Tag {
  readonly number: number;
  readonly wireType: number;
  readonly tagAt: number;
}

function walkField(walk: Walk, shape: Shape, tag: Tag, end: number, depth: number): Fault | undefined {
  walk.fields += 1;
  if (walk.fields > walk.limits.maxFields)
    return { code: 'too-many-fields', sentence: `the message holds more than ${walk.limits.maxFields} fields` };
  const field = shape.fields.get(tag.number);
  if (field !== undefined && field.wireType !== tag.wireType)
    return {
      code: 'malformed',
      sentence: `${shape.name}.${field.name} at byte ${tag.tagAt} has wire type ${tag.wireType} and not ${field.wireType}`,
    };
  const name = `${shape.name}.${field?.name ?? tag.number}`;
  if (tag.wireType === 3 || tag.wireType === 4) return skipGroup(walk, name, tag, end);
  return walkValue(walk, name, tag, end, field?.inner, depth);
}

/** A value that is no group. */
function walkValue(walk: Walk, name: string, tag: Tag, end: number, inner: Shape | undefined, depth: number): Fault | undefined {
  switch (tag.wireType) {
    case 0: {
      const value = readVarint(walk, end);
      if (value === BROKEN_OFF) return brokenOff(walk, name, tag.tagAt);
      return value === OVERLONG ? overlong(name, tag.tagAt) : undefined;
    }
    case 1:
    case 5:
      walk.at += tag.wireType === 1 ? 8 : 4;
      return walk.at > end ? brokenOff(walk, name, tag.tagAt) : undefined;
    case 2: {
      const length = readVarint(walk, end);
      if (length === OVERLONG) return overlong(name, tag.tagAt);
      if (length === BROKEN_OFF || walk.at + length > end) return brokenOff(walk, name, tag.tagAt);
      if (inner !== undefined) return walkMessage(walk, inner, walk.at + length, depth + 1);
      walk.at += length;
      return undefined;
    }
    default:
      return { code: 'malformed', sentence: `${name} at byte ${tag.tagAt} has wire type ${tag.wireType}, which does not exist` };
  }
}

/** Groups are of proto2 and never ours; a future field could be one all the same, so that it is skipped like any unknown field. */
function skipGroup(walk: Walk, name: string, first: Tag, end: number): Fault | undefined {
  const open: number[] = [];
  let tag = first;
  for (;;) {
    if (tag.wireType === 3) open.push(tag.number);
    else if (tag.wireType === 4) {
      if (open.pop() !== tag.number) return { code: 'malformed', sentence: `${name} at byte ${tag.tagAt} ends a group that was not begun` };
      if (open.length === 0) return undefined;
    } else {
      const fault = walkValue(walk, name, tag, end, undefined, 0);
      if (fault !== undefined) return fault;
    }
    if (open.length > walk.limits.maxDepth) return { code: 'too-deep', sentence: `${name} nests more than ${walk.limits.maxDepth} groups` };
    const tagAt = walk.at;
    const value = readVarint(walk, end);
    if (value < 8) return value === OVERLONG ? overlong(name, tagAt) : brokenOff(walk, name, tagAt);
    tag = { number: Math.floor(value / 8), wireType: value % 8, tagAt };
    walk.fields += 1;
    if (walk.fields > walk.limits.maxFields)
      return { code: 'too-many-fields', sentence: `the message holds more than ${walk.limits.maxFields} fields` };
  }
}

const BROKEN_OFF = -1;
const OVERLONG = -2;

/** Moves past the varint and gives its value; above 2^53 it is inexact, which no length and no tag survives anyway. */
function readVarint(walk: Varint, end: number): number {
  let value = 0;
  for (let shift = 0; shift < 70; shift += 7) {
    if (walk.at >= end) return BROKEN_OFF;
    const byte = walk.bytes[walk.at++] ?? 0;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return value;
  }
  return OVERLONG;
}

function brokenOff(walk: Walk, name: string, at: number): Fault {
  return { code: 'truncated', sentence: `${name} at byte ${at} breaks off; the message has ${walk.bytes.length} bytes` };
}

function overlong(name: string, at: number): Fault {
  return { code: 'malformed', sentence: `${name} at byte ${at} holds a number of more than ten bytes` };
}
