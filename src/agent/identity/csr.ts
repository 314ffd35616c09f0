/**
 * A certificate signing request (PKCS#10, RFC 2986) in DER (X.690), written by hand: its form is fixed, it is made once a day, and
 * the library that could write it costs an agent 22 MiB of memory for good. OpenSSL and that library read it in the tests.
 */
import type { KeyObject } from 'node:crypto';
import { createPrivateKey, createPublicKey, generateKeyPair, sign } from 'node:crypto';
import { promisify } from 'node:util';

/** A new ECDSA key on P-256, as PKCS#8 in PEM. */
export async function newKey(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'prime256v1' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Asks for a certificate for this key. `uid` is in it where the server knows it already (renewal), and then it is bound to it. */
export function certificateRequest(keyPem: string, commonName: string, uid?: string): string {
  const key = createPrivateKey(keyPem);
  const info = sequence(integer(0), name(commonName), publicKey(key), attributes(uid));
  const signed = sequence(info, sequence(objectId(ecdsaWithSha256)), bitString(sign('sha256', info, key)));
  const lines = signed.toString('base64').replaceAll(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines}\n-----END CERTIFICATE REQUEST-----\n`;
}

const ecdsaWithSha256 = '2a8648ce3d040302'; // 1.2.840.10045.4.3.2, RFC 5758 section 3.2
const commonNameId = '550403'; // 2.5.4.3
const extensionRequest = '2a864886f70d01090e'; // 1.2.840.113549.1.9.14, RFC 2985 section 5.4.2
const subjectAltName = '551d11'; // 2.5.29.17

/** X.520 bounds a common name to 64 characters. */
function name(commonName: string): Buffer {
  const text = commonName.slice(0, 64);
  return text === '' ? sequence() : sequence(tagged(0x31, sequence(objectId(commonNameId), tagged(0x0c, Buffer.from(text)))));
}

function publicKey(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: 'spki', format: 'der' });
}

/** `[0]`, there even when empty. The URI is a GeneralName of kind `[6]` (RFC 5280 section 4.2.1.6). */
function attributes(uid: string | undefined): Buffer {
  if (uid === undefined) return tagged(0xa0);
  const names = sequence(tagged(0x86, Buffer.from(`urn:uuid:${uid}`)));
  const extension = sequence(objectId(subjectAltName), tagged(0x04, names));
  return tagged(0xa0, sequence(objectId(extensionRequest), tagged(0x31, sequence(extension))));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, ...parts);
}

function integer(value: number): Buffer {
  return tagged(0x02, Buffer.of(value));
}

function objectId(hex: string): Buffer {
  return tagged(0x06, Buffer.from(hex, 'hex'));
}

/** The first octet counts the unused bits of the last one. */
function bitString(bytes: Buffer): Buffer {
  return tagged(0x03, Buffer.of(0), bytes);
}

function tagged(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(tag), lengthOf(content.length), content]);
}

/** X.690 section 8.1.3: one octet below 128, else the number of octets that follow. Nothing here reaches 64 KiB. */
function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  return length < 0x100 ? Buffer.of(0x81, length) : Buffer.of(0x82, length >> 8, length & 0xff);
}
