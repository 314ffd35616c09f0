import { closingBrace } from '../../json-bytes/scan.ts';
import type { Transform } from '../step.ts';
import { mayHoldCard } from './cards.ts';
import type { Needle } from './needles.ts';
import { needleFinder } from './needles.ts';
import { replaceIn, replaceInJson } from './replace.ts';
import type { Secret } from './secrets.ts';
import { secretsOf } from './secrets.ts';
import type { RedactSettings } from './settings.ts';

/** Bits of a record; secrets beyond these share the last of them. */
const secretBits = 29;
/** It has an escape of a character that a secret may have: then its bytes do not tell what is in it. */
const escaped = 1 << 30;
const card = 1 << 29;

const bitOf = (index: number): number => 1 << Math.min(index, secretBits - 1);

export const redact: Transform<RedactSettings> = {
  compile(settings) {
    const secrets = secretsOf(settings);
    const candidates = secrets.map((secret, index) => ({
      secret,
      bits: secret.isCard ? card : secret.needles.length === 0 ? -1 : bitOf(index),
    }));
    const needles: readonly Needle[] = [
      ...secrets.flatMap((secret, index) => secret.needles.map((text) => ({ text, bits: bitOf(index) }))),
      { text: '\\u00', bits: escaped },
      { text: '\\/', bits: escaped },
    ];
    const bitsOf = needleFinder(needles);
    const always = candidates.some(({ bits }) => bits === -1);
    const withCards = secrets.some(({ isCard }) => isCard);
    const say = (kind: string) => Buffer.from(settings.replacement.replaceAll('{kind}', kind)).toString('latin1');
    let isText = false;
    const worthALook = (bytes: Buffer, start: number, end: number): readonly Secret[] => {
      const bits = bitsOf(bytes, start, end) | (withCards && mayHoldCard(bytes, start, end) ? card : 0);
      if (bits === 0 && !always) return none;
      if (!isText && (bits & escaped) !== 0) return secrets;
      return candidates.flatMap((one) => (one.bits === -1 || (bits & one.bits) !== 0 ? [one.secret] : []));
    };
    return [
      {
        kind: 'rewrite',
        begin(batch) {
          isText = batch.stream.format === 'text';
        },
        rewrite(bytes, start, end) {
          const some = worthALook(bytes, start, end);
          if (some.length === 0) return undefined;
          const isJson = !isText && closingBrace(bytes, start, end) !== -1;
          const text = isJson ? replaceInJson(bytes, start, end, some, say) : replaceIn(bytes.toString('latin1', start, end), some, say);
          return text === undefined ? undefined : Buffer.from(text, 'latin1');
        },
      },
    ];
  },
  explain({ patterns }) {
    const slow = patterns.find(({ contains, ignoreCase }) => contains === undefined || ignoreCase);
    return slow === undefined
      ? {
          parses: 'some',
          why: 'Only records that hold a text which every such secret has (an @, a run of digits, "eyJ", …) are looked at more closely.',
        }
      : {
          parses: 'all',
          why: `Every record is matched with the pattern ${slow.name}; say with contains which text is in all that it matches, without ignoreCase.`,
        };
  },
};

const none: readonly Secret[] = [];
